"""What a page, header, robots.txt and tdmrep.json reserve, and what the policy makes of it."""
