import { defineErrors } from '../../protocols/errors.ts'

defineErrors({
  COLLECTION_UNKNOWN: { status: 404, next: 'Run `joinery ls` to see what is there.' },
  COLLECTION_NAME_WRONG: { status: 400, next: 'Use small letters, digits and `-`, such as `lessons`.' },
  COLLECTION_FULL: {
    status: 507,
    next: 'Take something out with `joinery ls` and `joinery remove`, or import a smaller part.'
  },
  COLLECTION_BYTES_GONE: {
    status: 409,
    next: 'Plug in a device that still has them, or import the folder of that time again.'
  },
  REVISION_UNKNOWN: { status: 404, next: 'See the versions that there are, and give at least 8 characters of one.' },
  MANIFEST_WRONG: { status: 502, next: 'Update this device and the one that wrote it; the last good version stays.' },

  IMPORT_RUNNING: { status: 409, next: 'Wait until the running import is done, or cancel it.' },
  IMPORT_NO_FOLDER: { status: 404, next: 'Check the spelling, and that the stick or disk is plugged in.' },
  IMPORT_NOTHING_FOUND: {
    status: 422,
    next: 'Give the folder that `offlinedatasci` made (with `lessons`, `pypi`, `miniCRAN`, …), or say what it is with `--as`.'
  },
  IMPORT_TOO_MANY_FILES: { status: 413, next: 'Import a part of the folder at a time.' },
  IMPORT_MEMORY_FULL: {
    status: 413,
    next: 'Import it on a device with more memory, from where it is copied here; or import a part of the folder at a time.'
  },
  CHANGE_MEMORY_FULL: {
    status: 413,
    next: 'Do it on a device with more memory, from where it is copied here; or take out a folder at a time.'
  },
  IMPORT_HAS_PROBLEMS: { status: 422, next: 'Repair what is listed, or run it without `--strict` to add the rest.' },
  IMPORT_DISK_FULL: {
    status: 507,
    next: 'Make room or use a bigger card, then run the same import again: it goes on where it stopped.'
  },
  FILE_UNREADABLE: {
    status: 422,
    next: 'Check its permissions and the stick; copy the file again from where it came.'
  },
  FILE_CHANGED: { status: 409, next: 'Wait until nothing writes to the folder any more, then run the import again.' },
  FILE_NOT_AS_LISTED: { status: 422, next: 'The file is damaged or was changed: download it again.' },
  FILE_TOO_LARGE: { status: 413, next: 'Split it; one file may have at most a terabyte.' },
  NAME_FORBIDDEN: { status: 422, next: 'Rename the file.' },
  NAMES_COLLIDE: { status: 422, next: 'Rename or delete one of the two, then run the import again.' },
  LINK_OUTSIDE: { status: 422, next: 'Replace the link by the file that it points to.' },
  LINK_BROKEN: { status: 422, next: 'Delete the link, or restore what it points to.' },
  LINK_AGAIN: { status: 422, next: 'Replace the link by what it points to.' },
  NOT_A_FILE: { status: 422, next: 'Nothing to do: it is a device, a pipe or a socket, which cannot be copied.' }
})
