"""What lies below the application: uvicorn's protocols, and the security headers of every response."""
