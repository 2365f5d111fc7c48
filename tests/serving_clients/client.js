// Read an image by the server at a base URL: `client.js URL IMAGE FOLDER` prints the lines, and saves the pictures.
// It asks where PaddleX's layout parsing is, and reads what that answers, as the tutorial's client does.
'use strict';

const { readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const axios = require('axios');

async function main(url, image, folder) {
  const asked = { file: readFileSync(image).toString('base64'), fileType: 1 };
  const { data } = await axios.post(`${url}/layout-parsing`, asked);
  data.result.layoutParsingResults.forEach(({ prunedResult, outputImages }, number) => {
    for (const line of prunedResult.rec_texts) console.log(line);
    for (const [name, picture] of Object.entries(outputImages ?? {})) {
      writeFileSync(join(folder, `${name}_${number}.jpg`), Buffer.from(picture, 'base64'));
    }
  });
}

main(...process.argv.slice(2)).catch((error) => {
  console.error(error.message, error.response?.data);
  process.exitCode = 1;
});
