import { access, chmod, constants } from 'node:fs/promises'

/** Only the user who runs this program may read or write it. */
export async function restrictToOwner(path: string): Promise<void> {
  await chmod(path, 0o600)
}

/** Whether this program may look into a folder and change it. False also when it is not there. */
export async function mayUseFolder(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
