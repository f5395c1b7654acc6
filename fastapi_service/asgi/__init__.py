"""What lies below the application: uvicorn's protocols, and the security headers of every response.

docs/adr/web-uvicorn-protocols.md says why uvicorn's protocols are subclassed.
"""
