import { plural } from '../../texts/plural.ts'
import type { PeopleTexts } from '../texts.ts'

export const fr: PeopleTexts = {
  signUp: {
    title: 'S’inscrire',
    tagline: 'Un nom suffit : ni courriel, ni mot de passe.',
    name: 'Votre nom',
    nameHint: 'Tel qu’on vous connaît dans cette classe, par exemple Ana María.',
    make: 'S’inscrire',
    haveCode: 'J’ai déjà un code'
  },
  address: {
    label: 'Votre nom dans les adresses',
    hint: 'Lettres de a à z, chiffres et traits d’union, par exemple ana-maria. Il sert à se connecter et pour git.'
  },
  signIn: {
    title: 'Se connecter',
    name: 'Nom',
    code: 'Code',
    codeHint: 'Trois groupes de quatre. Majuscules, espaces et traits d’union ne comptent pas.',
    enter: 'Se connecter',
    noAccount: 'Je n’ai pas encore de compte',
    lost: 'Code perdu ? Une personne qui anime peut vous en donner un nouveau.'
  },
  signOut: {
    title: 'Se déconnecter',
    explain: 'Votre travail reste. Pour revenir, il vous faut votre nom et votre code.',
    button: 'Se déconnecter'
  },
  code: {
    title: 'Notez ceci',
    explain: 'Avec ce nom et ce code vous revenez, sur tous les appareils de la salle. Ils ne seront plus montrés.',
    name: 'Nom',
    code: 'Code',
    git: 'Quand git demande un nom d’utilisateur et un mot de passe, tapez ces deux-là.',
    noted: 'C’est noté'
  },
  me: {
    title: 'Votre compte',
    role: { learner: 'Participant·e', helper: 'Assistant·e', facilitator: 'Animateur·rice' },
    repositories: 'Vos dépôts'
  },
  naming: { title: 'Votre nom', shown: 'Nom que voient les autres', save: 'Enregistrer' },
  sessions: {
    title: 'Où vous êtes connecté·e',
    count: plural('fr', { one: 'Dans # navigateur : celui-ci.', other: 'Dans # navigateurs, celui-ci compris.' }),
    endOthers: 'Se déconnecter partout ailleurs'
  },
  newCode: {
    title: 'Nouveau code',
    explain: 'L’ancien code ne marche plus, pour git non plus, et tous les autres navigateurs sont déconnectés.',
    button: 'Donnez-moi un nouveau code'
  },
  remove: {
    title: 'Supprimer mon compte',
    explain:
      'Votre compte et vos dépôts disparaissent pour toujours de tous les appareils. Ce que vous avez écrit dans les notes partagées reste.',
    confirm: (name) => `Pour confirmer, tapez votre nom : ${name}`,
    button: 'Supprimer mon compte'
  },
  done: 'Enregistré.',
  people: {
    title: 'Personnes',
    explain: 'Toutes celles et ceux qui ont un compte dans cette salle.',
    account: 'Compte',
    newCode: 'Nouveau code',
    codeFor: (name) => `Donnez ceci à ${name}`,
    noted: 'Terminé',
    role: 'Rôle',
    changeRole: 'Changer',
    remove: 'Retirer',
    add: 'Ajouter',
    addTitle: 'Ajouter quelqu’un',
    names: 'Noms',
    namesHint: 'Un par ligne, ou seulement un nombre comme 30. Avec plusieurs, vous recevez des cartes à imprimer.'
  },
  signUpState: {
    title: 'Inscription',
    open: 'Ouverte : toute personne qui atteint la salle peut créer un compte.',
    closed: 'Fermée : on n’entre qu’avec une carte de votre part. Qui a déjà un compte se connecte comme avant.',
    close: 'Fermer l’inscription',
    reopen: 'La rouvrir'
  },
  unused: {
    title: 'Comptes inutilisés',
    explain:
      'Apprenants sans dépôt, sans clé, sans papillon et sans page ouverte. Ce qu’ils ont écrit dans les notes reste.',
    once: plural('fr', { one: '# inscrit, et rien de plus', other: '# inscrits, et rien de plus' }),
    cards: plural('fr', {
      one: '# avec une carte jamais utilisée',
      other: '# avec des cartes jamais utilisées'
    }),
    again: plural('fr', {
      one: '# connecté plusieurs fois, sans rien créer',
      other: '# connectés plusieurs fois, sans rien créer'
    }),
    names: 'Qui',
    remove: 'Supprimer ces comptes',
    removing: plural('fr', {
      one: '# compte est en cours de suppression.',
      other: '# comptes sont en cours de suppression.'
    }),
    none: 'Il n’y en a pas.'
  },
  cards: {
    title: 'Cartes',
    explain: 'Imprimez et découpez-les : huit par page. Personne ne pourra revoir les codes.',
    count: plural('fr', { one: '# carte', other: '# cartes' }),
    done: 'Terminé : oublier les codes'
  },
  wifi: {
    title: 'Le Wi-Fi sur les cartes',
    explain:
      'Avec lui, un téléphone rejoint le réseau par son appareil photo. Il est imprimé sur chaque carte ; rien ne change dans le réseau.',
    name: 'Nom du réseau',
    password: 'Mot de passe',
    open: 'Laissez vide pour un réseau ouvert.',
    step: 'Rejoignez le Wi-Fi',
    badName: 'Ce ne peut pas être le nom d’un réseau : il a au plus 32 lettres.',
    badPassword: 'Un mot de passe a de 8 à 63 caractères. Laissez vide pour un réseau ouvert.'
  },
  problems: {
    wrong: 'Le nom et le code ne vont pas ensemble. Vérifiez-les lettre par lettre.',
    tooMany: 'Trop d’essais. Attendez une minute, puis réessayez avec soin.',
    busy: 'Beaucoup de personnes se connectent en ce moment. Attendez un instant et réessayez.',
    taken: (free) => `Quelqu’un a déjà ce nom. ${free} est libre.`,
    noLetters:
      'Les adresses ont besoin d’au moins une lettre de a à z ou d’un chiffre. Écrivez votre nom ainsi ci-dessous.',
    reserved: 'C’est le nom d’une page de la salle. Choisissez-en un autre.',
    full: 'La salle n’a plus de place pour d’autres comptes. Demandez à la personne qui anime.',
    closed: 'L’inscription est fermée dans cette salle. Demandez à l’animateur une carte avec un nom et un code.',
    lastFacilitator: 'Vous êtes la seule personne qui anime. Donnez d’abord ce rôle à quelqu’un d’autre.',
    namesUsedUp: 'Votre nom ne peut plus être changé.',
    notConfirmed: 'Le nom n’est pas le même. Rien n’a été supprimé.',
    notAdded: (names) =>
      `Ceux-ci n’ont pas été ajoutés, car quelqu’un a ce nom ou ce ne peut pas être un nom : ${names}`,
    tooManyNames: (most) => `Au plus ${most} noms à la fois.`,
    failed: 'Cela n’a pas marché. Attendez un instant et réessayez.'
  }
}
