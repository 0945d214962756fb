import { plural } from '../../texts/plural.ts'
import type { PeopleTexts } from '../texts.ts'

export const en: PeopleTexts = {
  signUp: {
    title: 'Sign up',
    tagline: 'A name is enough: no e-mail, no password.',
    name: 'Your name',
    nameHint: 'As people in this class know you, such as Ana María.',
    make: 'Sign up',
    haveCode: 'I have a code already'
  },
  address: {
    label: 'Your name in addresses',
    hint: 'Letters from a to z, digits and hyphens, such as ana-maria. You sign in and use git with it.'
  },
  signIn: {
    title: 'Sign in',
    name: 'Name',
    code: 'Code',
    codeHint: 'Three groups of four. Capitals, spaces and hyphens do not matter.',
    enter: 'Sign in',
    noAccount: 'I have no account yet',
    lost: 'Lost your code? A facilitator can give you a new one.'
  },
  signOut: {
    title: 'Sign out',
    explain: 'Your work stays. To come back you need your name and your code.',
    button: 'Sign out'
  },
  code: {
    title: 'Write this down',
    explain: 'With this name and this code you come back, on every device of the room. They are not shown again.',
    name: 'Name',
    code: 'Code',
    git: 'When git asks for a username and a password, type these two.',
    noted: 'I have written it down'
  },
  me: {
    title: 'Your account',
    role: { learner: 'Learner', helper: 'Helper', facilitator: 'Facilitator' },
    repositories: 'Your repositories'
  },
  naming: { title: 'Your name', shown: 'Name that others see', save: 'Save' },
  sessions: {
    title: 'Where you are signed in',
    count: plural('en', { one: 'In # browser: this one.', other: 'In # browsers, this one included.' }),
    endOthers: 'Sign out everywhere else'
  },
  newCode: {
    title: 'New code',
    explain: 'The old code stops working, also for git, and every other browser is signed out.',
    button: 'Give me a new code'
  },
  remove: {
    title: 'Delete my account',
    explain:
      'Your account and your repositories disappear from every device for good. What you wrote in shared notes stays.',
    confirm: (name) => `To confirm, type your name: ${name}`,
    button: 'Delete my account'
  },
  done: 'Saved.',
  people: {
    title: 'People',
    explain: 'Everybody who has an account in this room.',
    account: 'Account',
    newCode: 'New code',
    codeFor: (name) => `Hand this to ${name}`,
    noted: 'Done',
    role: 'Role',
    changeRole: 'Change',
    remove: 'Remove',
    add: 'Add',
    addTitle: 'Add somebody',
    names: 'Names',
    namesHint: 'One on each line, or just a number such as 30. With several you get cards to print.'
  },
  signUpState: {
    title: 'Signing up',
    open: 'Open: whoever reaches the room can make an account.',
    closed: 'Closed: nobody can make an account but by a card from you. Who has one signs in as before.',
    close: 'Close signing up',
    reopen: 'Open it again'
  },
  unused: {
    title: 'Unused accounts',
    explain: 'Learners without a repository, a key, a sticky or an open page. Notes that they wrote in stay.',
    once: plural('en', { one: '# signed up and did nothing more', other: '# signed up and did nothing more' }),
    cards: plural('en', { one: '# with a card that was never used', other: '# with cards that were never used' }),
    again: plural('en', {
      one: '# signed in more than once and made nothing',
      other: '# signed in more than once and made nothing'
    }),
    names: 'Who they are',
    remove: 'Remove those accounts',
    removing: plural('en', { one: '# account is being removed.', other: '# accounts are being removed.' }),
    none: 'There are none.'
  },
  cards: {
    title: 'Cards',
    explain: 'Print and cut them: eight on a page. Nobody can see the codes again.',
    count: plural('en', { one: '# card', other: '# cards' }),
    done: 'Done: forget the codes'
  },
  wifi: {
    title: 'Wi-Fi on the cards',
    explain:
      'With it, a phone joins the network by its camera. It is printed on every card, and nothing is changed in the network itself.',
    name: 'Name of the network',
    password: 'Password',
    open: 'Leave it empty for an open network.',
    step: 'Join the Wi-Fi',
    badName: 'This cannot be the name of a network: it has at most 32 letters.',
    badPassword: 'A password has 8 to 63 characters. Leave it empty for an open network.'
  },
  problems: {
    wrong: 'Name and code do not belong together. Check both, letter by letter.',
    tooMany: 'Too many tries. Wait a minute, then try again with care.',
    busy: 'Many people are signing in right now. Wait a moment and try again.',
    taken: (free) => `Somebody has this name already. ${free} is free.`,
    noLetters: 'Addresses need at least one letter from a to z or a digit. Type your name in such letters below.',
    reserved: 'This is the name of a page of the room. Choose another one.',
    full: 'The room has no place for more accounts. Ask the facilitator.',
    closed: 'Signing up is closed in this room. Ask the facilitator for a card with a name and a code.',
    lastFacilitator: 'You are the only facilitator. Make somebody else facilitator first.',
    namesUsedUp: 'Your name cannot be changed any more often.',
    notConfirmed: 'The name is not the same. Nothing was deleted.',
    notAdded: (names) => `These were not added, because somebody has the name or it cannot be a name: ${names}`,
    tooManyNames: (most) => `At most ${most} names at once.`,
    failed: 'This did not work. Wait a moment and try again.'
  }
}
