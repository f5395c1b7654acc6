"""Speech for Home Assistant: Wyoming's protocol on one side, the project's own on the other. See docs/wyoming.md."""
