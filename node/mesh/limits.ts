/** Every limit of the mesh, with its reason. */

/** A hello is three small messages; a Pi Zero under load verifies a chain in less than a second. */
export const HELLO_TIMEOUT_MS = 10_000
/** After a hello that did not end in a link: for the other side to read why. */
export const HELLO_FAREWELL_MS = 2_000
/** TCP, noise and yamux; a Wi-Fi with a sleeping radio takes a few seconds. */
export const DIAL_TIMEOUT_MS = 8_000
/** A campus is 60 nodes; neighbours and strangers need some too. libp2p prunes above it. */
export const MAX_CONNECTIONS = 160
/** Thirty devices behind one address switch on together and must all get in; libp2p's default lets 5 a second through. */
export const INBOUND_PER_ADDRESS_PER_SECOND = 40
/** Each pending one costs a noise handshake and some 100 KB. */
export const MAX_PENDING_INBOUND = 40
/** From one address and not (yet) admitted: thirty devices behind one get in, and one attacker cannot take all connections. */
export const MAX_STRANGERS_PER_ADDRESS = 48
/** Open at once on one connection, over all protocols; a link uses some 4 and a copy up to 16 more. */
export const MAX_STREAMS_PER_CONNECTION = 128
/** Of one protocol on one connection. */
export const MAX_STREAMS_PER_PROTOCOL = 32
/** yamux: what a peer may send before we read. libp2p's default of 16 MiB is more than its own 4 MiB read buffer: it aborts under load. */
export const STREAM_WINDOW_BYTES = 2 ** 20
/** A reader that is this far behind pauses the stream. Larger messages still pass: the pause waits for a whole one. */
export const READ_AHEAD_BYTES = 256 * 1024

/** Up to so many known members, everybody is linked to everybody. */
export const FULL_MESH_MEMBERS = 16
/** Attempts in the air at once: a Pi Zero has one slow core for the handshakes. */
export const MAX_PARALLEL_DIALS = 6
/** First pause after a failed dial; doubled each time. */
export const REDIAL_FIRST_MS = 1_000
/** A member that is away is tried once a minute: a cable that is plugged in again is noticed by mDNS before that. */
export const REDIAL_MOST_MS = 60_000
/** Another room or a refusal: nothing changes soon. */
export const REDIAL_REFUSED_MS = 10 * 60_000
/**
 * Who was just refused is not listened to for so long. Longer would keep nobody off, since a new id costs nothing; a person who has mended
 * the reason, by an invitation or an approval, would wait for it, and the other side's pauses double meanwhile.
 */
export const DENY_INBOUND_MS = 1_000
/** A copied device is reported once in so long, however often it calls. */
export const CLONE_REPORT_INTERVAL_MS = 10 * 60_000
/** A connection that is not admitted stays so long, for a question to be let in. */
export const LINGER_MS = 10_000
/** Nodes in the address book and in the table of what mDNS saw; a campus and its neighbours. */
export const MAX_KNOWN_NODES = 512
export const MAX_ADDRESSES_PER_NODE = 8
/** Static addresses that the settings may name. */
export const MAX_STATIC_ADDRESSES = 64
/** The address book is written at most so often: an SD card wears with each write. */
export const ADDRESS_BOOK_INTERVAL_MS = 60_000

/** The dialler says something when a link was silent for so long (some 500 bytes on the wire, with the answer and its window updates) … */
export const KEEP_ALIVE_MS = 15_000
/** … and a link that was silent for so long is dead: a cable was pulled, and TCP alone would notice after a quarter of an hour. */
export const LINK_DEAD_MS = 35_000
/** How long an old link has to answer before a new one with another boot id replaces it. */
export const PROBE_TIMEOUT_MS = 5_000
/** Of two connections made within this time the one dialled by the lower id stays; later the newer one replaces the older. */
export const SIMULTANEOUS_MS = 10_000

/** Rooms and devices that are not ours, remembered for the lists. */
export const MAX_NEIGHBOURS = 64
export const MAX_NEARBY = 64

/** How often the interfaces are looked at: a cable plugged in later must be noticed within 15 s. */
export const INTERFACE_POLL_MS = 4_000
export const MAX_MULTICAST_SOCKETS = 16
