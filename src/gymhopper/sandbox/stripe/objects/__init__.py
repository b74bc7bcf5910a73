"""The shapes of Stripe's objects, as pure functions."""
