"""Proof that no frame gets from one network into another, from the tables that switches hold.

**What is proved.** Every place where a frame crosses the edge of a switch belongs to somebody: an access port's
interface to its network, whatever tag the frame has; a trunk port's interface, with a tag, to that tag's network; any
other interface, with a VLAN tag, to the network whose key that is; a tunnel interface, with a tunnel ID and a remote
endpoint, to the network whose key that is, if the endpoint is one of our switches' or one that a port of the network
names. All else belongs to nobody, each such place to a nobody of its own (`controller.verify.borders`).

The invariant of a switch is: *a frame leaves only by places of the same owner as the one by which it entered*, whatever
interfaces are up or down. A wire keeps the tag, and a tunnel the tunnel ID, so what enters the next switch has the
owner that it left with. By induction over the hops, if all switches have the invariant, then whatever enters on a port
of a network leaves on ports of that network only, and nothing that no network sent gets into one. That needs no
assumption about the wiring: any two interfaces that are no tenant's may be connected, or none. So each switch is
examined by itself, and on it each network by itself, and a change costs what it touches.

**How.** Frames are examined in classes (`controller.verify.classes`), as in header space analysis (Kazemian et al.,
NSDI 2012): a condition on the frame as it entered, and what was written since. As no action copies one field to
another, a field either is what it was or is a constant, so classes need no algebra of bits.

*First* every flow is looked at for itself (`controller.verify.sweep`): classes forget their conditions between two
tables, and flows of higher priority are not taken away. What reaches a table then depends on its owner and metadata
and little else, so the cost is about one look at each flow. It takes too much for possible, never too little: if it
finds nothing, the switch has the invariant. A frame from a link or tunnel stands for those of all networks at once,
until a flow matches one tag or tunnel ID.

*Then*, for each flow by which something seems to leave wrongly, the frame is looked for exactly, with all conditions
and priorities (`controller.verify.search`). Either there is one, or the suspicion was wrong.

A frame that breaks the invariant of a switch is sent through all switches (`controller.verify.journeys`), to tell
whether it gets from port to port as things are wired now.

Sources: Kazemian, Varghese, McKeown: Header Space Analysis: Static Checking for Networks, NSDI 2012; Yang, Lam:
Real-time Verification of Network Properties Using Atomic Predicates, ICNP 2013.
"""
