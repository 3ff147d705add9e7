"""What `mapae operation make` writes: for each kind the arguments it takes and the message that follows from them.

`given.py` reads what was typed, `arguments.py` lists what may be typed, the rest builds messages, one file a noun.
"""
