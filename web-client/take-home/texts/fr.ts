import { plural } from '../../texts/plural.ts'
import type { TakeHomeTexts } from '../texts.ts'

export const fr: TakeHomeTexts = {
  title: 'À emporter',
  tagline: 'Des fichiers ZIP pour votre ordinateur. Ils n’ont besoin ni de cette salle ni d’internet.',
  download: 'Télécharger',
  common: {
    title: 'Leçons et notes partagées',
    explain: 'Les leçons en pages web, les notes en texte.',
    lessons: plural('fr', { one: '# fichier de leçon', other: '# fichiers de leçons' }),
    notes: plural('fr', { one: '# note', other: '# notes' })
  },
  mine: {
    title: 'Vos dépôts',
    explain: 'Les fichiers tels qu’ils sont, et tout l’historique, prêt pour git.',
    signIn: 'Connectez-vous pour emporter vos dépôts.',
    repositories: plural('fr', { one: '# dépôt', other: '# dépôts' })
  },
  leave: {
    title: 'Avant de partir',
    explain:
      'Si vous avez réglé votre ordinateur pour cette salle, annulez-le : sinon pip, R et git chercheront la salle depuis chez vous.',
    undo: 'Annuler les réglages',
    remove: 'Supprimer mon compte'
  },
  wholeClass: {
    title: 'Toute la classe',
    explain:
      'Toutes les notes, tous les dépôts et la liste des personnes en un fichier. Il peut contenir du travail privé : gardez-le bien.',
    people: plural('fr', { one: '# personne', other: '# personnes' })
  },
  newClass: {
    title: 'Commencer une nouvelle classe',
    explain:
      'Les notes, les dépôts et les comptes de celles et ceux qui apprennent et aident quittent tous les appareils de la salle, aussi ceux qui sont éteints. Les appareils, les leçons, les paquets, les réglages et les comptes des personnes qui animent restent.',
    first: 'Téléchargez d’abord toute la classe, jusqu’au bout. Ensuite le bouton apparaît ici.',
    confirm: (word) => `Pour confirmer, tapez : ${word}`,
    word: 'nouvelle classe',
    button: 'Commencer une nouvelle classe',
    notConfirmed: 'Les mots ne sont pas les mêmes. Rien n’a été supprimé.',
    changed:
      'Quelqu’un a travaillé après le téléchargement. Rien n’a été supprimé : demandez à tout le monde d’arrêter, et téléchargez la classe à nouveau.',
    failed: 'Cela n’a pas marché jusqu’au bout. Téléchargez la classe à nouveau et recommencez.',
    done: 'La salle est prête pour la prochaine classe.'
  }
}
