"""HTTP: the application, problem answers, and who may call a route."""
