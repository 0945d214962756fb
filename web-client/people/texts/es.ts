import { plural } from '../../texts/plural.ts'
import type { PeopleTexts } from '../texts.ts'

export const es: PeopleTexts = {
  signUp: {
    title: 'Registrarse',
    tagline: 'Basta un nombre: sin correo ni contraseña.',
    name: 'Tu nombre',
    nameHint: 'Como te conocen en esta clase, por ejemplo Ana María.',
    make: 'Registrarse',
    haveCode: 'Ya tengo un código'
  },
  address: {
    label: 'Tu nombre en las direcciones',
    hint: 'Letras de la a a la z, cifras y guiones, por ejemplo ana-maria. Con él entras y usas git.'
  },
  signIn: {
    title: 'Entrar',
    name: 'Nombre',
    code: 'Código',
    codeHint: 'Tres grupos de cuatro. No importan las mayúsculas, los espacios ni los guiones.',
    enter: 'Entrar',
    noAccount: 'Todavía no tengo cuenta',
    lost: '¿Perdiste el código? Quien facilita la clase puede darte otro.'
  },
  signOut: {
    title: 'Salir',
    explain: 'Tu trabajo se queda. Para volver necesitas tu nombre y tu código.',
    button: 'Salir'
  },
  code: {
    title: 'Anota esto',
    explain: 'Con este nombre y este código vuelves, en cualquier dispositivo de la sala. No se muestran otra vez.',
    name: 'Nombre',
    code: 'Código',
    git: 'Cuando git pida usuario y contraseña, escribe estos dos.',
    noted: 'Ya lo anoté'
  },
  me: {
    title: 'Tu cuenta',
    role: { learner: 'Participante', helper: 'Ayudante', facilitator: 'Facilitador o facilitadora' },
    repositories: 'Tus repositorios'
  },
  naming: { title: 'Tu nombre', shown: 'Nombre que ven los demás', save: 'Guardar' },
  sessions: {
    title: 'Dónde has entrado',
    count: plural('es', { one: 'En # navegador: este.', other: 'En # navegadores, contando este.' }),
    endOthers: 'Salir en todos los demás'
  },
  newCode: {
    title: 'Código nuevo',
    explain: 'El código anterior deja de funcionar, también para git, y se sale en todos los demás navegadores.',
    button: 'Dame un código nuevo'
  },
  remove: {
    title: 'Borrar mi cuenta',
    explain:
      'Tu cuenta y tus repositorios desaparecen para siempre de todos los dispositivos. Lo que escribiste en las notas compartidas se queda.',
    confirm: (name) => `Para confirmar, escribe tu nombre: ${name}`,
    button: 'Borrar mi cuenta'
  },
  done: 'Guardado.',
  people: {
    title: 'Personas',
    explain: 'Quienes tienen cuenta en esta sala.',
    account: 'Cuenta',
    newCode: 'Código nuevo',
    codeFor: (name) => `Entrega esto a ${name}`,
    noted: 'Listo',
    role: 'Papel',
    changeRole: 'Cambiar',
    remove: 'Quitar',
    add: 'Añadir',
    addTitle: 'Añadir a alguien',
    names: 'Nombres',
    namesHint: 'Uno en cada línea, o solo un número como 30. Con varios recibes tarjetas para imprimir.'
  },
  signUpState: {
    title: 'Registrarse',
    open: 'Abierto: quien llega a la sala puede crear una cuenta.',
    closed: 'Cerrado: solo se entra con una tarjeta tuya. Quien ya tiene cuenta entra como antes.',
    close: 'Cerrar el registro',
    reopen: 'Abrirlo otra vez'
  },
  unused: {
    title: 'Cuentas sin usar',
    explain:
      'Estudiantes sin repositorio, clave, nota de color ni página abierta. Lo que escribieron en las notas se queda.',
    once: plural('es', { one: '# se registró y no hizo nada más', other: '# se registraron y no hicieron nada más' }),
    cards: plural('es', {
      one: '# con una tarjeta que nadie usó',
      other: '# con tarjetas que nadie usó'
    }),
    again: plural('es', {
      one: '# entró más de una vez y no hizo nada',
      other: '# entraron más de una vez y no hicieron nada'
    }),
    names: 'Quiénes son',
    remove: 'Quitar esas cuentas',
    removing: plural('es', { one: 'Se está quitando # cuenta.', other: 'Se están quitando # cuentas.' }),
    none: 'No hay ninguna.'
  },
  cards: {
    title: 'Tarjetas',
    explain: 'Imprímelas y recórtalas: ocho por página. Nadie podrá ver los códigos otra vez.',
    count: plural('es', { one: '# tarjeta', other: '# tarjetas' }),
    done: 'Listo: olvidar los códigos'
  },
  wifi: {
    title: 'Wi-Fi en las tarjetas',
    explain:
      'Con él, un teléfono entra en la red con su cámara. Se imprime en cada tarjeta; en la red misma no cambia nada.',
    name: 'Nombre de la red',
    password: 'Contraseña',
    open: 'Déjala vacía si la red es abierta.',
    step: 'Entra en el Wi-Fi',
    badName: 'Esto no puede ser el nombre de una red: tiene como mucho 32 letras.',
    badPassword: 'Una contraseña tiene de 8 a 63 caracteres. Déjala vacía si la red es abierta.'
  },
  problems: {
    wrong: 'El nombre y el código no van juntos. Revisa los dos, letra por letra.',
    tooMany: 'Demasiados intentos. Espera un minuto y prueba otra vez con calma.',
    busy: 'Muchas personas están entrando ahora. Espera un momento y prueba otra vez.',
    taken: (free) => `Alguien ya tiene este nombre. ${free} está libre.`,
    noLetters:
      'Las direcciones necesitan al menos una letra de la a a la z o una cifra. Escribe abajo tu nombre con esas letras.',
    reserved: 'Es el nombre de una página de la sala. Elige otro.',
    full: 'En la sala no caben más cuentas. Pregunta a quien facilita la clase.',
    closed: 'En esta sala ya no se crean cuentas. Pide a quien facilita una tarjeta con un nombre y un código.',
    lastFacilitator: 'Eres la única persona que facilita la sala. Primero da ese papel a otra.',
    namesUsedUp: 'Tu nombre ya no se puede cambiar más veces.',
    notConfirmed: 'El nombre no es el mismo. No se borró nada.',
    notAdded: (names) => `Estos no se añadieron, porque alguien ya tiene el nombre o no puede ser un nombre: ${names}`,
    tooManyNames: (most) => `Como mucho ${most} nombres a la vez.`,
    failed: 'No ha funcionado. Espera un momento y prueba otra vez.'
  }
}
