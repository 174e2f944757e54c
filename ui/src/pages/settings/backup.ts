/** The whole setup as one file. */
import { api, ask } from '$lib/api/client';
import { backend } from '$lib/backend';
import { attempt, notices } from '$lib/state/notices.svelte';
import { m } from '$paraglide/messages';

export async function saveBackup(): Promise<void> {
  await attempt(async () => {
    const backup = await ask(api.GET('/api/backup'));
    const name = `headgate-${new Date().toISOString().slice(0, 10)}.json`;
    const isSaved = await backend.saveFile(name, `${JSON.stringify(backup, null, 2)}\n`);
    if (isSaved) notices.done(m.settings_backup_saved({ name }));
  });
}
