import { plural } from '../../texts/plural.ts'
import type { TakeHomeTexts } from '../texts.ts'

export const es: TakeHomeTexts = {
  title: 'Para llevar a casa',
  tagline: 'Archivos ZIP para tu computadora. No necesitan ni esta sala ni internet.',
  download: 'Descargar',
  common: {
    title: 'Lecciones y notas compartidas',
    explain: 'Las lecciones como páginas web, las notas como texto.',
    lessons: plural('es', { one: '# archivo de lecciones', other: '# archivos de lecciones' }),
    notes: plural('es', { one: '# nota', other: '# notas' })
  },
  mine: {
    title: 'Tus repositorios',
    explain: 'Los archivos como están ahora, y todo con su historia, listo para git.',
    signIn: 'Entra para llevarte tus repositorios.',
    repositories: plural('es', { one: '# repositorio', other: '# repositorios' })
  },
  leave: {
    title: 'Antes de irte',
    explain:
      'Si configuraste tu computadora para esta sala, deshazlo: si no, pip, R y git buscarán la sala desde tu casa.',
    undo: 'Deshacer la configuración',
    remove: 'Borrar mi cuenta'
  },
  wholeClass: {
    title: 'Toda la clase',
    explain:
      'Todas las notas, todos los repositorios y la lista de personas en un archivo. Puede contener trabajo privado: guárdalo bien.',
    people: plural('es', { one: '# persona', other: '# personas' })
  },
  newClass: {
    title: 'Empezar una clase nueva',
    explain:
      'Las notas, los repositorios y las cuentas de quienes aprenden y ayudan salen de todos los dispositivos de la sala, también de los que están apagados. Los dispositivos, las lecciones, los paquetes, los ajustes y las cuentas de quienes facilitan se quedan.',
    first: 'Primero descarga toda la clase, hasta el final. Después aparece aquí el botón.',
    confirm: (word) => `Para confirmar, escribe: ${word}`,
    word: 'clase nueva',
    button: 'Empezar una clase nueva',
    notConfirmed: 'Las palabras no son las mismas. No se borró nada.',
    changed: 'Alguien trabajó después de la descarga. No se borró nada: pide que paren y descarga la clase otra vez.',
    failed: 'No se pudo hacer hasta el final. Descarga la clase otra vez y repítelo.',
    done: 'La sala está lista para la próxima clase.'
  }
}
