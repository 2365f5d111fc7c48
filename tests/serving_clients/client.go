// Read an image by the server at a base URL: `client URL IMAGE FOLDER` prints the lines, and saves the pictures.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
)

type page struct {
	Read struct {
		Texts []string `json:"rec_texts"`
	} `json:"prunedResult"`
	Picture *string `json:"ocrImage"` // nil where there is none
}

type answer struct {
	Result struct {
		Pages []page                 `json:"ocrResults"`
		Data  map[string]interface{} `json:"dataInfo"`
	} `json:"result"`
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	url, image, folder := os.Args[1], os.Args[2], os.Args[3]
	content, err := os.ReadFile(image)
	must(err)
	asked, err := json.Marshal(map[string]interface{}{
		"file":     base64.StdEncoding.EncodeToString(content),
		"fileType": 1,
	})
	must(err)
	request, err := http.NewRequest(http.MethodPost, url+"/ocr", bytes.NewReader(asked))
	must(err)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(err)
	if response.StatusCode != http.StatusOK {
		log.Fatalf("%s: %s", response.Status, body)
	}
	var read answer
	must(json.Unmarshal(body, &read))
	for number, one := range read.Result.Pages {
		for _, line := range one.Read.Texts {
			fmt.Println(line)
		}
		if one.Picture == nil {
			continue
		}
		picture, err := base64.StdEncoding.DecodeString(*one.Picture)
		must(err)
		must(os.WriteFile(filepath.Join(folder, fmt.Sprintf("page_%d.jpg", number)), picture, 0o644))
	}
}
