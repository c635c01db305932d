// Styles are gathered by the bundler; importing them gives nothing.
declare module "*.css" {}
