"""A simulator of Stripe: its API, hosted pages, clock and webhooks, with no account anywhere."""
