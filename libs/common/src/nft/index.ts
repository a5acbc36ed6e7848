export * from './nft-script';
