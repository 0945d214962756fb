import type { Texts } from '../texts.ts'
import { plural } from './plural.ts'

export const fr: Texts = {
  skip: 'Aller au contenu',
  noRoom: 'Nouvel appareil',
  product: 'Joinery',
  tagline: 'Tout pour ce cours, sans internet.',
  language: 'Langue',
  navigation: 'Sur cette page',
  mainLinks: 'Liens principaux',
  account: {
    signIn: 'Se connecter',
    signUp: 'S’inscrire',
    yours: 'votre compte',
    people: 'Personnes et leurs codes',
    mustChoose: 'Choisissez un autre nom, s’il vous plaît',
    mustChooseExplain: (name) =>
      `Au même moment, une autre personne s’est inscrite avec votre nom sur un autre appareil. Rien n’est perdu ; pour l’instant, vous vous appelez ${name}.`,
    chooseName: 'Choisir un nom'
  },
  join: {
    title: 'Participez avec votre nom',
    explain: 'Un nom suffit, sans courriel. Vous recevez un code pour revenir et une place pour vos dépôts.',
    signUp: 'S’inscrire',
    signIn: 'J’ai déjà un code'
  },
  repositories: {
    title: 'Dépôts',
    explain: 'Envoyez votre travail avec git et regardez-le ici, comme sur GitHub.',
    open: 'Vos dépôts',
    all: 'Tous les dépôts'
  },
  copy: 'Copier',
  copied: 'Copié',
  address: {
    title: 'Ouvrir cette salle',
    explain: 'Rejoignez le même Wi-Fi, puis saisissez cette adresse ou visez le code avec l’appareil photo.',
    qr: (address) => `Code QR de ${address}`,
    also: 'Aussi à',
    onlyHere: 'Cet appareil n’a pas encore de réseau : l’adresse ne marche que sur lui.'
  },
  notes: {
    title: 'Notes partagées',
    explain: 'Écrivez ensemble, sur la même page. Ce que vous tapez est gardé sur plusieurs appareils.',
    open: 'Ouvrir les notes'
  },
  lessons: {
    title: 'Leçons',
    explain: 'Copies complètes : images, données et liens fonctionnent ici.',
    count: plural('fr', { one: '# leçon', other: '# leçons' })
  },
  python: {
    title: 'Paquets Python',
    explain: 'Collez ceci dans un terminal. Mettez à la fin le paquet qu’il vous faut.',
    count: plural('fr', { one: '# paquet Python', other: '# paquets Python' }),
    which: 'Quels paquets sont là ?',
    example: 'PAQUET'
  },
  r: {
    title: 'Paquets R',
    explain: 'Collez ceci dans R. Mettez le paquet qu’il vous faut entre les premiers guillemets.',
    count: plural('fr', { one: '# paquet R', other: '# paquets R' }),
    which: 'Quels paquets sont là ?'
  },
  installers: {
    title: 'Programmes à installer',
    explain: 'Téléchargez le fichier et ouvrez-le. Ce qui convient à votre ordinateur vient en premier.',
    count: plural('fr', { one: '# programme', other: '# programmes' }),
    yours: 'votre ordinateur',
    systems: { windows: 'Windows', macos: 'macOS', linux: 'Linux', other: 'Autres systèmes' }
  },
  more: plural('fr', { one: 'et # autre', other: 'et # autres' }),
  empty: {
    title: 'Il n’y a encore rien ici',
    explain: 'La salle est prête. Dès que le dossier de l’atelier y est apporté, il paraît sur cette page.',
    how: 'Pour la personne qui anime : sur cet appareil, tapez'
  },
  asking: {
    title: 'Cet appareil demande à entrer',
    explain: 'Une personne qui anime la salle compare ce code avec celui de l’autre appareil et l’approuve là-bas.',
    several:
      'Chaque appareil de la salle a son propre code. Une personne qui anime la salle compare celui de l’appareil devant elle avec ceux-ci et l’approuve là-bas.',
    code: 'Code',
    wait: 'Recherche d’une salle à proximité…'
  },
  devicesServe: plural('fr', { one: '# appareil sert cette salle', other: '# appareils servent cette salle' }),
  facilitatorPage: 'Appareils et copies',
  firstPage: 'Ce qu’il y a ici',
  devices: {
    title: 'Appareils',
    explain: 'Chaque appareil garde des copies des fichiers. N’en débranchez un que s’il dit que c’est sans risque.',
    thisDevice: 'cet appareil',
    roles: { node: 'Appareil de classe', laptop: 'Portable', cloud: 'Nuage' },
    connected: 'Connecté',
    away: 'Absent',
    disk: 'Disque',
    diskUsed: (used, capacity) => `${used} sur ${capacity}`,
    copies: 'Copies',
    copiesHeld: (held, wanted) => `${held} fichiers sur ${wanted}`,
    copying: (size) => `encore ${size} à copier`,
    remaining: (time) => `temps restant : environ ${time}`,
    complete: 'Tout est copié',
    safe: 'Peut être débranché',
    notSafe: 'Ne pas débrancher encore',
    leaving: 'Déplace ses fichiers ailleurs',
    needsUpdate: 'À mettre à jour',
    open: 'Ouvrir sa page'
  },
  waiting: {
    title: 'En attente d’entrer',
    explain: 'Comparez le code avec celui que montre l’autre appareil. Seulement s’ils sont égaux, tapez la ligne.',
    code: 'Code',
    noCode: 'En attente de son code…',
    approve: 'Pour le laisser entrer'
  },
  wanted: {
    csv: 'En tableau (CSV)',
    json: 'En JSON',
    title: 'Demandé et absent',
    explain: 'À apporter la prochaine fois : quelqu’un a voulu les installer.',
    times: plural('fr', { one: '# fois', other: '# fois' })
  },
  neighbours: {
    title: 'Autres salles à proximité',
    explain: 'Elles sont sur le même réseau et restent séparées de celle-ci.',
    unnamed: 'Salle sans nom',
    devices: plural('fr', { one: '# appareil', other: '# appareils' })
  },
  turn: {
    title: 'Votre téléchargement attend son tour',
    next: 'C’est le suivant.',
    before: plural('fr', { one: '# téléchargement passe avant.', other: '# téléchargements passent avant.' }),
    soon: 'Encore moins d’une minute.',
    minutes: plural('fr', { one: 'Encore # minute environ.', other: 'Encore # minutes environ.' }),
    explain:
      'D’autres téléchargent en ce moment. Laissez cette page ouverte : le téléchargement commence tout seul et garde sa place.'
  },
  errorTitle: (status) =>
    status === 404
      ? 'Ceci n’est pas dans la salle'
      : status === 421
        ? 'Cet appareil a une autre adresse'
        : status === 503 || status === 504
          ? 'L’appareil est occupé'
          : status >= 500
            ? 'Une erreur est survenue sur cet appareil'
            : 'Cette demande n’est pas comprise',
  errorNext: (status) =>
    status === 404
      ? 'Voyez sur la première page ce qui est là, ou demandez de l’ajouter.'
      : status === 421
        ? 'Saisissez l’adresse, avec ses chiffres, que l’on vous montre en cours.'
        : status >= 500
          ? 'Attendez un instant et réessayez. Si cela continue, signalez-le.'
          : 'Revenez à la première page et suivez un lien.'
}
