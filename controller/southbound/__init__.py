"""The only room that knows os-ken and sockets: OpenFlow sessions, synchronisation, LLDP frames."""
