import { plural } from '../../texts/plural.ts'
import type { RepositoryTexts } from '../texts.ts'

export const fr: RepositoryTexts = {
  all: {
    title: 'Dépôts',
    explain: 'Le travail que les personnes de cette salle gardent avec git.',
    none: 'Il n’y a pas encore de dépôts.'
  },
  ofPerson: {
    none: 'Pas encore de dépôts.',
    noneOfYours: 'Vous n’avez pas encore de dépôts. Créez-en un, puis envoyez-y votre travail.'
  },
  create: {
    title: 'Nouveau dépôt',
    explain: 'Il commence vide : ce que vous envoyez devient son contenu.',
    name: 'Nom du dépôt',
    nameHint: 'Lettres, chiffres, traits d’union, points et tirets bas, par exemple recettes.',
    button: 'Créer le dépôt',
    another: 'Nouveau dépôt'
  },
  parts: { label: 'Parties du dépôt', files: 'Fichiers', commits: 'Commits', settings: 'Réglages' },
  clone: {
    title: 'Adresse pour git',
    explain: 'Cette adresse sert à cloner le dépôt ou à l’ajouter comme dépôt distant.',
    signIn: 'Quand vous envoyez, git demande votre nom et votre code.'
  },
  setup: {
    title: 'Premiers pas',
    explain: 'Le dépôt est vide. Choisissez ce qui convient et tapez-le dans votre terminal.',
    create: '…ou créez un nouveau dépôt en ligne de commande',
    push: '…ou envoyez un dépôt existant en ligne de commande',
    clone: 'Prenez une copie vide et commencez là'
  },
  branches: 'Branches',
  files: {
    name: 'Nom',
    parent: 'Remonter au dossier précédent',
    empty: 'Ce dossier est vide.',
    folder: 'dossier',
    link: 'lien',
    submodule: 'autre dépôt',
    raw: 'Le fichier tel quel',
    binary: 'Ce fichier n’est pas du texte : il ne peut pas être montré ici.',
    tooLarge: 'Ce fichier est trop grand pour être montré ici.'
  },
  commits: {
    title: 'Commits',
    count: plural('fr', { one: '# commit', other: '# commits' }),
    none: 'Il n’y a pas encore de commits.',
    older: 'Commits plus anciens',
    by: (name) => `par ${name}`,
    browse: 'Fichiers à ce moment',
    parents: 'Parents',
    id: 'Commit'
  },
  diff: {
    title: 'Changements',
    files: plural('fr', { one: '# fichier modifié', other: '# fichiers modifiés' }),
    binary: 'Pas du texte : le changement ne peut pas être montré.',
    cut: 'Il y en a plus que ce qui tient ici. Utilisez git pour tout voir.',
    renamed: (from) => `avant ${from}`,
    added: 'ajoutées',
    removed: 'retirées'
  },
  apart: {
    title: 'Deux versions se sont rejointes',
    explain: (branch, base) =>
      `Pendant que des appareils ne se voyaient pas, ${base} a reçu des commits des deux côtés. Rien n’est perdu : les autres sont dans la branche ${branch}.`,
    how: 'Pour les réunir, tapez'
  },
  collaborators: {
    title: 'Qui peut envoyer',
    explain: 'Ajoutez des personnes par leur nom. Elles peuvent envoyer aussitôt.',
    none: 'Vous seulement.',
    name: 'Nom',
    add: 'Ajouter',
    remove: (name) => `Retirer ${name}`,
    owner: 'propriétaire'
  },
  remove: {
    title: 'Supprimer ce dépôt',
    explain: 'Il disparaît pour toujours de tous les appareils. Les copies que des personnes ont clonées leur restent.',
    confirm: (name) => `Pour confirmer, tapez son nom : ${name}`,
    button: 'Supprimer le dépôt',
    notConfirmed: 'Le nom n’est pas le même. Rien n’a été supprimé.'
  },
  problems: {
    taken: 'Vous avez déjà un dépôt de ce nom.',
    badName: 'Seulement lettres, chiffres, traits d’union, points et tirets bas, 64 au plus, sans .git à la fin.',
    full: 'Il n’y a plus de place pour des dépôts. Retirez-en un ou demandez à la personne qui anime.',
    nobody: 'Personne dans cette salle n’a ce nom.',
    busy: 'L’appareil est occupé. Attendez un instant et réessayez.'
  }
}
