<?php
// Read an image by the server at a base URL: `client.php URL IMAGE FOLDER` prints the lines, and saves the pictures.

[, $url, $image, $folder] = $argv;
$asked = ['file' => base64_encode(file_get_contents($image)), 'fileType' => 1];
$call = curl_init("$url/ocr");
curl_setopt_array($call, [
    CURLOPT_POST => true,
    CURLOPT_POSTFIELDS => json_encode($asked),
    CURLOPT_HTTPHEADER => ['Content-Type: application/json'],
    CURLOPT_RETURNTRANSFER => true,
]);
$answer = curl_exec($call);
if (curl_getinfo($call, CURLINFO_RESPONSE_CODE) !== 200) {
    fwrite(STDERR, $answer . curl_error($call) . "\n");
    exit(1);
}
foreach (json_decode($answer, true)['result']['ocrResults'] as $number => $page) {
    foreach ($page['prunedResult']['rec_texts'] as $line) {
        echo $line, "\n";
    }
    if (!empty($page['ocrImage'])) {
        file_put_contents("$folder/page_$number.jpg", base64_decode($page['ocrImage']));
    }
}
