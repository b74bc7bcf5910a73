"""What others hear of credits."""
