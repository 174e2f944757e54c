import '$lib/storage';
import './app.css';
import { mount } from 'svelte';
import { backend, enter } from '$lib/backend';
import { applyAppearance } from '$lib/state/appearance.svelte';
import { getLocale, overwriteGetLocale } from '$paraglide/runtime';
import App from './App.svelte';

applyAppearance();
// Every message asks for it; a change of the language loads the page anew.
const locale = getLocale();
overwriteGetLocale(() => locale);
document.documentElement.lang = locale;
await enter();
// The tray and notices speak as the page does; that they keep another language is no reason to show nothing.
void backend.desktop?.setPreferences({ language: locale }).catch(() => undefined);

const target = document.getElementById('app');
if (target) mount(App, { target });
