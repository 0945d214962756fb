/** Every text of `/me/keys`, in each language beside the others: there are few. The compiler finds a missing one. */
import type { AccessScope } from '../../protocols/people.ts'
import type { Language } from '../languages.ts'

export interface KeyTexts {
  title: string
  tagline: string
  none: string
  end: string
  uses: Record<'ssh' | 'token', string>
  scopes: Record<AccessScope, string>
  ssh: { title: string; explain: string; key: string; hint: string; add: string; address: string }
  token: { title: string; explain: string; label: string; hint: string; forWhat: string; make: string }
  fresh: { title: string; explain: string; noted: string }
  problems: Record<'SSH_KEY_INVALID' | 'ACCESS_KEY_TAKEN' | 'ACCESS_KEYS_FULL' | 'BAD_REQUEST', string>
}

const en: KeyTexts = {
  title: 'Keys for git and programs',
  tagline: 'So that git and other programs work in your name without your code.',
  none: 'You have none.',
  end: 'Remove',
  uses: { ssh: 'SSH key', token: 'Token' },
  scopes: { push: 'git: push in my name', profile: 'tell who I am' },
  ssh: {
    title: 'SSH key',
    explain: 'Make one with `ssh-keygen -t ed25519`, then paste what is in the file that ends with .pub.',
    key: 'Public key',
    hint: 'One line that begins with ssh-ed25519.',
    add: 'Add the key',
    address: 'Then clone and push with addresses like this:'
  },
  token: {
    title: 'Token',
    explain: 'Takes the place of your code in a program. You can remove it without changing your code.',
    label: 'What it is for',
    hint: 'Such as: editor on my laptop',
    forWhat: 'It may',
    make: 'Make a token'
  },
  fresh: {
    title: 'Copy the token now',
    explain: 'It is not shown again. Use it instead of your code.',
    noted: 'I have copied it'
  },
  problems: {
    SSH_KEY_INVALID:
      'This is no public key. Paste the whole line of the file that ends with .pub; never the private key.',
    ACCESS_KEY_TAKEN: 'This key is used already, or was removed. Make a new one with ssh-keygen.',
    ACCESS_KEYS_FULL: 'You have as many keys and tokens as are allowed. Remove one first.',
    BAD_REQUEST: 'Say what it is for, and choose at least one thing that it may do.'
  }
}

const es: KeyTexts = {
  title: 'Claves para git y programas',
  tagline: 'Para que git y otros programas trabajen en tu nombre sin tu código.',
  none: 'No tienes ninguna.',
  end: 'Quitar',
  uses: { ssh: 'Clave SSH', token: 'Token' },
  scopes: { push: 'git: enviar en mi nombre', profile: 'decir quién soy' },
  ssh: {
    title: 'Clave SSH',
    explain: 'Crea una con `ssh-keygen -t ed25519` y pega lo que hay en el archivo que termina en .pub.',
    key: 'Clave pública',
    hint: 'Una línea que empieza con ssh-ed25519.',
    add: 'Añadir la clave',
    address: 'Después clona y envía con direcciones como esta:'
  },
  token: {
    title: 'Token',
    explain: 'Ocupa el lugar de tu código en un programa. Puedes quitarlo sin cambiar tu código.',
    label: 'Para qué es',
    hint: 'Por ejemplo: editor en mi portátil',
    forWhat: 'Puede',
    make: 'Crear un token'
  },
  fresh: {
    title: 'Copia el token ahora',
    explain: 'No se muestra otra vez. Úsalo en lugar de tu código.',
    noted: 'Ya lo copié'
  },
  problems: {
    SSH_KEY_INVALID:
      'No es una clave pública. Pega toda la línea del archivo que termina en .pub; nunca la clave privada.',
    ACCESS_KEY_TAKEN: 'Esta clave ya se usa, o se quitó. Crea otra con ssh-keygen.',
    ACCESS_KEYS_FULL: 'Tienes tantas claves y tokens como se permite. Quita uno primero.',
    BAD_REQUEST: 'Di para qué es y elige al menos una cosa que pueda hacer.'
  }
}

const fr: KeyTexts = {
  title: 'Clés pour git et des programmes',
  tagline: 'Pour que git et d’autres programmes travaillent en votre nom sans votre code.',
  none: 'Vous n’en avez pas.',
  end: 'Retirer',
  uses: { ssh: 'Clé SSH', token: 'Jeton' },
  scopes: { push: 'git : pousser en mon nom', profile: 'dire qui je suis' },
  ssh: {
    title: 'Clé SSH',
    explain: 'Créez-en une avec `ssh-keygen -t ed25519`, puis collez le contenu du fichier qui finit par .pub.',
    key: 'Clé publique',
    hint: 'Une ligne qui commence par ssh-ed25519.',
    add: 'Ajouter la clé',
    address: 'Ensuite clonez et poussez avec des adresses comme celle-ci :'
  },
  token: {
    title: 'Jeton',
    explain: 'Remplace votre code dans un programme. Vous pouvez le retirer sans changer votre code.',
    label: 'À quoi il sert',
    hint: 'Par exemple : éditeur sur mon portable',
    forWhat: 'Il peut',
    make: 'Créer un jeton'
  },
  fresh: {
    title: 'Copiez le jeton maintenant',
    explain: 'Il ne sera plus montré. Utilisez-le à la place de votre code.',
    noted: 'Je l’ai copié'
  },
  problems: {
    SSH_KEY_INVALID:
      'Ce n’est pas une clé publique. Collez toute la ligne du fichier qui finit par .pub ; jamais la clé privée.',
    ACCESS_KEY_TAKEN: 'Cette clé est déjà utilisée, ou a été retirée. Créez-en une autre avec ssh-keygen.',
    ACCESS_KEYS_FULL: 'Vous avez autant de clés et de jetons que permis. Retirez-en un d’abord.',
    BAD_REQUEST: 'Dites à quoi il sert et choisissez au moins une chose qu’il peut faire.'
  }
}

const pt: KeyTexts = {
  title: 'Chaves para git e programas',
  tagline: 'Para que o git e outros programas trabalhem em seu nome sem o seu código.',
  none: 'Não tem nenhuma.',
  end: 'Retirar',
  uses: { ssh: 'Chave SSH', token: 'Token' },
  scopes: { push: 'git: enviar em meu nome', profile: 'dizer quem sou' },
  ssh: {
    title: 'Chave SSH',
    explain: 'Crie uma com `ssh-keygen -t ed25519` e cole o que está no arquivo que termina em .pub.',
    key: 'Chave pública',
    hint: 'Uma linha que começa com ssh-ed25519.',
    add: 'Acrescentar a chave',
    address: 'Depois clone e envie com endereços como este:'
  },
  token: {
    title: 'Token',
    explain: 'Fica no lugar do seu código num programa. Pode retirá-lo sem mudar o seu código.',
    label: 'Para que é',
    hint: 'Por exemplo: editor no meu portátil',
    forWhat: 'Pode',
    make: 'Criar um token'
  },
  fresh: {
    title: 'Copie o token agora',
    explain: 'Não é mostrado outra vez. Use-o no lugar do seu código.',
    noted: 'Já o copiei'
  },
  problems: {
    SSH_KEY_INVALID:
      'Não é uma chave pública. Cole a linha toda do arquivo que termina em .pub; nunca a chave privada.',
    ACCESS_KEY_TAKEN: 'Esta chave já é usada, ou foi retirada. Crie outra com ssh-keygen.',
    ACCESS_KEYS_FULL: 'Tem tantas chaves e tokens quantos são permitidos. Retire um primeiro.',
    BAD_REQUEST: 'Diga para que é e escolha pelo menos uma coisa que possa fazer.'
  }
}

const ALL: Readonly<Record<Language, KeyTexts>> = { en, es, fr, pt }

export function keyTextsIn(language: Language): KeyTexts {
  return ALL[language]
}
