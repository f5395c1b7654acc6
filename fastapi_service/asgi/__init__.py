"""Below the application: uvicorn's protocols, and the headers of every answer."""
