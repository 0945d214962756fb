import { plural } from '../../texts/plural.ts'
import type { RoomTexts } from '../texts.ts'

export const fr: RoomTexts = {
  live: 'En direct',
  notLive: 'Pas de connexion pour l’instant : voici l’état d’il y a un moment.',
  warnings: {
    title: 'À regarder',
    allWell: 'Tout va bien.',
    of: ({ code, device = '', person = '', collection = '', count = 0 }) => {
      switch (code) {
        case 'UNREACHABLE':
          return {
            text: `Aucun appareil n’atteint ${device}.`,
            next: 'Vérifiez son alimentation et son câble ou Wi-Fi. S’il ne revient pas, retirez-le.'
          }
        case 'UNDER_VOLTAGE':
          return {
            text: `${device} reçoit trop peu de courant.`,
            next: 'Utilisez sa propre alimentation et un câble court, et débranchez le reste de son USB.'
          }
        case 'TOO_HOT':
          return {
            text: `${device} est trop chaud et ralentit.`,
            next: 'Donnez-lui de l’air : hors de sa boîte, à l’ombre.'
          }
        case 'DISK_NEARLY_FULL':
          return {
            text: `Le disque de ${device} est presque plein.`,
            next: 'Prenez une carte plus grande ou retirez ce qui ne sert pas.'
          }
        case 'DISK_FAILED':
          return {
            text: `Le disque de ${device} n’a pas pu enregistrer.`,
            next: 'Redémarrez-le ; si cela recommence, changez sa carte.'
          }
        case 'CLOCK_WRONG':
          return {
            text: `L’horloge de ${device} n’est pas réglée.`,
            next: 'Rien ne casse. Réglez l’horloge de la salle plus bas.'
          }
        case 'CLOCK_DIFFERS':
          return {
            text: `${device} affiche une autre heure que cet appareil.`,
            next: 'Rien ne casse. Réglez l’horloge de la salle plus bas.'
          }
        case 'MULTICAST_BLOCKED':
          return {
            text: `Le réseau de ${device} empêche les appareils de se trouver (mDNS).`,
            next: 'Ceux qui se connaissent continuent. Démarrez un nouveau avec `--static ADRESSE` ou avec une invitation.'
          }
        case 'CLIENT_ISOLATION':
          return {
            text: `Le réseau de ${device} sépare les appareils (isolation des clients).`,
            next: 'Désactivez-la dans le routeur, ou reliez les appareils par câble.'
          }
        case 'FIREWALL_HERE':
        case 'FIREWALL_THERE':
          return {
            text: `Un pare-feu gêne ${device}.`,
            next: 'Autorisez Joinery dans le pare-feu ; `joinery doctor` y indique le port.'
          }
        case 'NO_NETWORK':
          return { text: `${device} n’a pas de réseau.`, next: 'Branchez un câble ou rejoignez un Wi-Fi.' }
        case 'CARD_COPIED':
          return {
            text: `La carte de ${device} a été copiée : deux appareils ont sa clé.`,
            next: 'Éteignez la copie et supprimez son dossier de données.'
          }
        case 'CODE_RECOVERED':
          return {
            text: `Le code de ${person} a été renouvelé depuis la carte de ${device}.`,
            next: `Si c’était vous : prenez un autre code sur la page de votre compte, car celui-ci est écrit sur la carte. Si ce n’était pas vous : dites sur la page de l’appareil qu’il a été volé, et donnez un nouveau code à ${person}.`
          }
        case 'UPDATE_NEEDED':
          return {
            text: `${device} doit être mis à jour.`,
            next: 'D’ici là il sert, mais n’admet personne et n’efface rien.'
          }
        case 'RADIO_FULL':
          return {
            text: `Le Wi-Fi de ${device} n’accepte plus personne.`,
            next: 'Que les nouveaux rejoignent un autre appareil, ou ajoutez-en un.'
          }
        case 'REPOSITORY_UNTIDY':
          return {
            text: `Un dépôt sur ${device} ne peut pas être rangé.`,
            next: 'Il fonctionne, mais chaque push prend plus de disque. `joinery doctor` là-bas dit lequel.'
          }
        case 'VERSIONS_DIFFER':
          return {
            text: 'Les appareils ont des versions différentes du programme.',
            next: 'Elles fonctionnent ensemble. Mettez à jour après le cours.'
          }
        case 'ONE_COPY':
          return {
            text: `${filesOf(count)} de ${collection} : sur un seul appareil.`,
            next: 'Attendez la copie avant de débrancher quoi que ce soit.'
          }
        case 'ONE_DEVICE':
          return {
            text: 'Tout est sur un seul appareil.',
            next: 'Ajoutez-en un deuxième : rien n’est perdu si l’un tombe en panne.'
          }
        default:
          return { text: `Quelque chose ne va pas sur ${device} (${code}).`, next: 'Lancez `joinery doctor` dessus.' }
      }
    }
  },
  signals: {
    title: 'Qui a besoin d’aide',
    counts: (red, hands, green, learners) =>
      `${red} demandent de l’aide · ${hands} mains levées · ${green} ont terminé · ${learners} participants`,
    none: 'Personne ne montre de papillon ni de main.',
    red: 'a besoin d’aide',
    green: 'terminé',
    hand: 'main levée',
    since: (time) => `depuis ${time}`,
    allDown: 'Tout baisser',
    allDownExplain: 'Retire tous les papillons et toutes les mains, sur tous les appareils.'
  },
  map: {
    title: 'Qui voit qui',
    explain: 'Les lignes sont des liaisons : épaisse = rapide, pointillée = lente.',
    summary: (devices, links) => `${devices} appareils, ${links} liaisons`,
    link: (a, b, speed) => `${a} – ${b}${speed === '' ? '' : ` : ${speed}`}`,
    roundTrip: (ms) => `${ms} ms`
  },
  figures: {
    more: 'Détails',
    board: 'Carte mère',
    version: 'Version',
    uptime: 'En marche depuis',
    load: 'Charge',
    memory: 'Mémoire',
    free: (free, all) => `${free} libres sur ${all}`,
    temperature: 'Température',
    clients: 'Sur son Wi-Fi',
    ofMost: (now, most) => `${now} sur ${most}`,
    sees: 'Voit',
    nobody: 'personne',
    rate: (size) => `${size} par seconde`,
    noFigures: 'Il n’a pas dit comment il va.',
    hour: 'Dernière heure',
    hourLoad: 'Charge',
    hourMemory: 'Mémoire',
    hourSent: 'Envoyé',
    now: 'maintenant',
    hourAgo: 'il y a une heure',
    most: (value) => `maximum : ${value}`,
    values: 'Valeurs de la dernière heure',
    when: 'Il y a (min)',
    andMore: (wanted, more) => `${wanted} de ses fichiers, et ${more} de plus`
  },
  collections: {
    title: 'Collections et leurs copies',
    explain: 'Quel appareil garde quoi. Un fichier en un seul exemplaire est perdu avec son appareil.',
    name: 'Collection',
    size: 'Taille',
    files: plural('fr', { one: '# fichier', other: '# fichiers' }),
    copies: 'Copies',
    fewest: plural('fr', { one: 'au moins # copie', other: 'au moins # copies' }),
    single: plural('fr', { one: '# fichier en un seul exemplaire', other: '# fichiers en un seul exemplaire' }),
    where: 'Où',
    all: 'tout',
    versions: 'Versions'
  },
  clock: {
    title: 'Horloge de la salle',
    shows: (time) => `La salle affiche ${time}.`,
    explain:
      'Les appareils sans pile oublient l’heure. Cet ordinateur peut la leur donner ; l’horloge ne fait qu’avancer, et seules les dates affichées en dépendent.',
    isSet: 'Réglée depuis un ordinateur.',
    isNotSet: 'Pas encore réglée.',
    set: 'La régler sur l’heure de cet ordinateur',
    setByHand: 'Heure (UTC), comme 2026-11-24 13:30',
    notForward: 'L’horloge de la salle est déjà en avance. Vérifiez celle de cet ordinateur.',
    wrong: 'Ce n’est pas une heure.'
  },
  actions: {
    title: 'Modifier cet appareil',
    name: 'Nom',
    rename: 'Renommer',
    moveOff: 'Déplacer ses fichiers',
    moveOffExplain: 'Les autres copient ce qu’il garde. Quand il dit que c’est sûr, débranchez-le.',
    keep: 'Continuer à l’utiliser',
    remove: 'Retirer de la salle',
    removeExplain: 'Il ne peut revenir que comme nouvel appareil. Ce qu’il a écrit reste.',
    stolen: 'Il a été volé',
    stolenExplain: 'Le retire, crée de nouvelles clés et annule les invitations qu’il connaissait.',
    confirm: (name) => `Tapez ${name} pour confirmer`,
    notConfirmed: 'Le nom ne correspond pas : rien n’a changé.',
    approve: 'Les codes sont identiques : le laisser entrer',
    decline: 'Ils diffèrent : le refuser',
    done: 'Fait.'
  },
  content: {
    title: 'Ajouter du contenu',
    explain: 'Un fichier ou le ZIP d’un dossier. Sa nature se voit à son contenu.',
    file: 'Fichier',
    collection: 'Le mettre dans',
    auto: 'Laisser Joinery décider',
    unpack: 'C’est un fichier ZIP : ajouter son contenu',
    upload: 'Ajouter',
    running: 'Ajout en cours…',
    sticks: 'Clés USB branchées',
    addStick: 'Ajouter ce qu’elle contient',
    folders: 'Dossiers de cet appareil',
    addFolder: 'Ajouter ce dossier',
    foldersProblem: (code) =>
      `Le dossier des ateliers ne peut pas être lu (${code}). La personne qui s’occupe de cet appareil doit laisser le programme le lire, ou en indiquer un autre dans les réglages (workshopFolder).`,
    added: 'Ajouté :',
    refused: plural('fr', { one: '# fichier laissé de côté', other: '# fichiers laissés de côté' }),
    failed: 'Cela n’a pas marché :',
    versionsOf: (name) => `Versions de ${name}`,
    version: 'Version',
    from: 'Faite sur',
    current: 'actuelle',
    rollback: 'Revenir à celle-ci',
    back: 'Retour à la salle'
  },
  ready: {
    title: 'Prêt pour le cours ?',
    explain: 'Essaie tout comme un participant, par chaque appareil : pip, R, une leçon, une note, git.',
    start: 'Vérifier maintenant',
    running: 'Vérification… Cette page suit toute seule.',
    none: 'Pas vérifié depuis le démarrage de cet appareil.',
    good: 'Prêt : tout a fonctionné par chaque appareil.',
    bad: 'Tout n’a pas fonctionné.',
    device: 'Appareil',
    steps: { pip: 'pip', r: 'R', lesson: 'Leçon', note: 'Note', git: 'git' },
    ok: 'fonctionne',
    failed: 'ne fonctionne pas',
    missing: 'rien à essayer ici',
    print: 'Imprimez cette page pour vos notes.'
  },
  agoMinutes: plural('fr', { one: '# minute', other: '# minutes' })
}

function filesOf(count: number): string {
  return count === 1 ? '1 fichier' : `${count} fichiers`
}
