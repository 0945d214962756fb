import { plural } from '../../texts/plural.ts'
import type { RepositoryTexts } from '../texts.ts'

export const es: RepositoryTexts = {
  all: {
    title: 'Repositorios',
    explain: 'Trabajo que las personas de esta sala guardan con git.',
    none: 'Todavía no hay repositorios.'
  },
  ofPerson: {
    none: 'Todavía no hay repositorios.',
    noneOfYours: 'Todavía no tienes repositorios. Crea uno y sube tu trabajo.'
  },
  create: {
    title: 'Repositorio nuevo',
    explain: 'Empieza vacío: lo que subas será su contenido.',
    name: 'Nombre del repositorio',
    nameHint: 'Letras, cifras, guiones, puntos y guiones bajos, por ejemplo recetas.',
    button: 'Crear el repositorio',
    another: 'Repositorio nuevo'
  },
  parts: { label: 'Partes del repositorio', files: 'Archivos', commits: 'Commits', settings: 'Ajustes' },
  clone: {
    title: 'Dirección para git',
    explain: 'Usa esta dirección para clonar el repositorio o añadirlo como remoto.',
    signIn: 'Al subir cambios, git pide tu nombre y tu código.'
  },
  setup: {
    title: 'Primeros pasos',
    explain: 'El repositorio está vacío. Elige lo que te sirva y escríbelo en la terminal.',
    create: '…o crea un repositorio nuevo en la línea de comandos',
    push: '…o sube un repositorio que ya existe desde la línea de comandos',
    clone: 'Descarga una copia vacía y empieza ahí'
  },
  branches: 'Ramas',
  files: {
    name: 'Nombre',
    parent: 'Subir a la carpeta anterior',
    empty: 'Esta carpeta está vacía.',
    folder: 'carpeta',
    link: 'enlace',
    submodule: 'otro repositorio',
    raw: 'El archivo tal cual',
    binary: 'Este archivo no es texto: no se puede mostrar aquí.',
    tooLarge: 'Este archivo es demasiado grande para mostrarlo aquí.'
  },
  commits: {
    title: 'Commits',
    count: plural('es', { one: '# commit', other: '# commits' }),
    none: 'Todavía no hay commits.',
    older: 'Commits anteriores',
    by: (name) => `de ${name}`,
    browse: 'Archivos en este punto',
    parents: 'Anteriores',
    id: 'Commit'
  },
  diff: {
    title: 'Cambios',
    files: plural('es', { one: '# archivo cambiado', other: '# archivos cambiados' }),
    binary: 'No es texto: el cambio no se puede mostrar.',
    cut: 'Hay más de lo que cabe aquí. Usa git para verlo todo.',
    renamed: (from) => `antes ${from}`,
    added: 'añadidas',
    removed: 'quitadas'
  },
  apart: {
    title: 'Se han juntado dos versiones',
    explain: (branch, base) =>
      `Mientras unos dispositivos no podían verse, ${base} recibió commits en los dos lados. No se ha perdido nada: los otros están en la rama ${branch}.`,
    how: 'Para juntarlos, escribe'
  },
  collaborators: {
    title: 'Quién puede subir cambios',
    explain: 'Añade personas por su nombre. Pueden subir cambios enseguida.',
    none: 'Solo tú.',
    name: 'Nombre',
    add: 'Añadir',
    remove: (name) => `Quitar a ${name}`,
    owner: 'propietaria o propietario'
  },
  remove: {
    title: 'Borrar este repositorio',
    explain: 'Desaparece para siempre de todos los dispositivos. Las copias que la gente clonó siguen siendo suyas.',
    confirm: (name) => `Para confirmar, escribe su nombre: ${name}`,
    button: 'Borrar el repositorio',
    notConfirmed: 'El nombre no es el mismo. No se borró nada.'
  },
  problems: {
    taken: 'Ya tienes un repositorio con este nombre.',
    badName: 'Usa solo letras, cifras, guiones, puntos y guiones bajos, como mucho 64, y sin .git al final.',
    full: 'No caben más repositorios. Quita uno o pregunta a quien facilita la clase.',
    nobody: 'Nadie en esta sala tiene ese nombre.',
    busy: 'El dispositivo está ocupado. Espera un momento y prueba otra vez.'
  }
}
