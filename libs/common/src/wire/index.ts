export * from './decode-json';
