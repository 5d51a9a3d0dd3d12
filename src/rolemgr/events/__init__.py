"""What CloudTrail recorded, read once for all: files of any form to calls, these to the requests that AWS judged."""
