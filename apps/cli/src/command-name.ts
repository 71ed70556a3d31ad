/** How the command is given in a checkout: npm puts no `parapet` on the PATH. */
export const commandName = 'npm run parapet --';
