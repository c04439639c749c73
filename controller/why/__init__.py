"""Why one port can or cannot reach another: a frame is followed through the programs in force.

`asking.explain` answers. Whom it is about is found by `parties`, the frame is made by `frames`, it is followed through
a `snapshot` of what is compiled and there (`trip`), `causes` says in the operator's names what stopped it, and `answer`
is what comes out. Everything is computed; nothing is sent.
"""
