import './app.css';
import { mount } from 'svelte';
import { enter } from '$lib/backend';
import { applyAppearance } from '$lib/state/appearance';
import { getLocale } from '$paraglide/runtime';
import App from './App.svelte';

applyAppearance();
document.documentElement.lang = getLocale();
await enter();

const target = document.getElementById('app');
if (target) mount(App, { target });
