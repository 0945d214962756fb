import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  STICK_FOLDER_UNWRITABLE: {
    status: 409,
    next: 'Choose a folder that this account may write to. On an installed device `sudo joinery` works as the account `joinery`: `sudo install -d -o joinery FOLDER` makes one for it.'
  },
  STICK_TOO_SMALL: {
    status: 507,
    next: 'Make room, choose another folder, or write one system at a time with --system.'
  },
  STICK_FILE_BROKEN: {
    status: 500,
    next: 'The bytes that arrived are not those of the file. Run the command again; if it stays so, run `joinery verify`.'
  },
  STICK_TOO_MANY_FILES: { status: 413, next: 'Take out of the room what a stick does not need, with `joinery delete`.' }
})
