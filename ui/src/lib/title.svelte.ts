/** The title of the window while a detail is open over its list. */
import { m } from '$paraglide/messages';

/** For a component's start. The list behind has a title of its own, which comes back when the detail is closed. */
export function entitles(words: () => [name: string, page: string]): void {
  $effect(() => {
    const before = document.title;
    document.title = [...words(), m.app_name()].join(' · ');
    return () => (document.title = before);
  });
}
