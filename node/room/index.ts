/**
 * The room: who belongs to it, on what proof, with which keys. Pure folds, and small drivers around them.
 *
 * @example wiring in node/daemon.ts
 *     const identity = await openIdentity({ disk, random }, { folder, hardware })
 *     const room = await openRoom({ disk }, { folder, identity })      // undefined: in no room yet → foundRoom or joinRoom
 *     const authority = createWriterAuthority(room, identity.key)
 *     const journal = await createJournal({ …, authority, certify: authority.certify, seal: room.keyRing }, { node: identity.node, … })
 *     const membership = await createMembership({ clock, random, journal, room, identity }, { name, role, onProblem })
 *     const mesh = await createMesh({ …, key: identity.key, policy: membership.policy, grant: (device) => membership.grant(device) }, { … })
 *     membership.attach(mesh)                                           // hands keys on, writes down who came in
 *     await mesh.start()
 */
export { type NodeIdentity, openIdentity, renewIdentity } from './identity.ts'
export { KeyRing } from './key-ring.ts'
export { createMembership } from './local-membership.ts'
export type { Member, Membership, MembershipJournal, RemovalReport, Standing } from './membership.ts'
export { foundRoom, joinGranted, joinRoom, leaveRoom, openRoom, type Room } from './room.ts'
export { WifiSetting } from './wifi-setting.ts'
export { createWriterAuthority } from './writer-certificate.ts'
