"""The API as an OpenAPI 3.1 document: what the framework knows of the routes, completed."""
