"""The field's words as frozen values: what every later room reads and none may change."""
