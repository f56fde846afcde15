/** A language of cronstrue: importing it adds it to the library; it has no types of its own. */
declare module "cronstrue/locales/pt_BR";
