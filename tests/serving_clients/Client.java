import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Read an image by the server at a base URL: {@code Client URL IMAGE FOLDER} prints the lines, and saves the pictures. */
public final class Client {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] words) throws Exception {
        byte[] image = Files.readAllBytes(Path.of(words[1]));
        String asked = JSON.createObjectNode()
                .put("file", Base64.getEncoder().encodeToString(image))
                .put("fileType", 1)
                .toString();
        OkHttpClient client = new OkHttpClient.Builder().readTimeout(120, TimeUnit.SECONDS).build();
        MediaType kind = MediaType.get("application/json; charset=utf-8");
        Request request = new Request.Builder().url(words[0] + "/ocr").post(RequestBody.create(kind, asked)).build();
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        try (Response answer = client.newCall(request).execute()) {
            String body = answer.body().string();
            if (!answer.isSuccessful()) {
                throw new IllegalStateException(answer.code() + " " + body);
            }
            int number = 0;
            for (JsonNode page : JSON.readTree(body).get("result").get("ocrResults")) {
                for (JsonNode line : page.get("prunedResult").get("rec_texts")) {
                    out.println(line.asText());
                }
                // get() is null where there is no picture
                byte[] picture = Base64.getDecoder().decode(page.get("ocrImage").asText());
                Files.write(Path.of(words[2], "page_" + number++ + ".jpg"), picture);
            }
        }
    }
}
