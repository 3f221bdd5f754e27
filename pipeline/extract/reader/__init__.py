"""The learned reader: which lines of a page are the story's.

``ancestors`` and ``line_text`` describe the lines, ``figures`` joins what they say to one table, ``model`` gives each
line a probability, ``choice`` makes the story of them.
"""
