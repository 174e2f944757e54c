import '$lib/storage';
import './app.css';
import { mount } from 'svelte';
import { enter } from '$lib/backend';
import { applyAppearance } from '$lib/state/appearance.svelte';
import { getLocale, overwriteGetLocale } from '$paraglide/runtime';
import App from './App.svelte';

applyAppearance();
// Every message asks for it; a change of the language loads the page anew.
const locale = getLocale();
overwriteGetLocale(() => locale);
document.documentElement.lang = locale;
await enter();

const target = document.getElementById('app');
if (target) mount(App, { target });
