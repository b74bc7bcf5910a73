"""A network of gyms to look at, people who walk through its doors, and the story that proves it."""
