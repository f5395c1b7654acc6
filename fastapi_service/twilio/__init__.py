"""Telephone calls: Twilio's Media Streams at `/ws/twilio`. docs/twilio.md describes it."""
