// Read an image by the server at a base URL: `Client.exe URL IMAGE FOLDER` prints the lines, and saves the pictures.
using System;
using System.IO;
using System.Net.Http;
using System.Text;
using System.Threading.Tasks;
using Newtonsoft.Json.Linq;

internal static class Client
{
    private static void Main(string[] words)
    {
        // Debian's mcs takes no Main that is async.
        Read(words[0], words[1], words[2]).GetAwaiter().GetResult();
    }

    private static async Task Read(string url, string image, string folder)
    {
        var asked = new JObject { ["file"] = Convert.ToBase64String(File.ReadAllBytes(image)), ["fileType"] = 1 };
        using (var client = new HttpClient())
        using (var content = new StringContent(asked.ToString(), Encoding.UTF8, "application/json"))
        using (HttpResponseMessage answer = await client.PostAsync(url + "/ocr", content))
        {
            answer.EnsureSuccessStatusCode();
            JObject body = JObject.Parse(await answer.Content.ReadAsStringAsync());
            var pages = (JArray)body["result"]["ocrResults"];
            var lines = new StringBuilder();
            for (int number = 0; number < pages.Count; number++)
            {
                foreach (JToken line in pages[number]["prunedResult"]["rec_texts"])
                {
                    lines.Append((string)line).Append('\n');
                }
                string picture = pages[number]["ocrImage"]?.ToString();
                if (!string.IsNullOrEmpty(picture))
                {
                    File.WriteAllBytes(Path.Combine(folder, $"page_{number}.jpg"), Convert.FromBase64String(picture));
                }
            }
            byte[] told = new UTF8Encoding(false).GetBytes(lines.ToString());
            using (Stream output = Console.OpenStandardOutput())
            {
                output.Write(told, 0, told.Length);
            }
        }
    }
}
