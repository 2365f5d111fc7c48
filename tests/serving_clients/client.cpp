// Read an image by the server at a base URL: `client URL IMAGE FOLDER` prints the lines, and saves the pictures.
#include <httplib.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace {

const std::string kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string ToBase64(const std::string& bytes) {
  std::string digits;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::array<std::uint32_t, 3> three{};
    const std::size_t held = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < held; ++i) three[i] = static_cast<unsigned char>(bytes[at + i]);
    const std::uint32_t group = three[0] << 16 | three[1] << 8 | three[2];
    for (std::size_t i = 0; i < 4; ++i) digits += i <= held ? kDigits[group >> (18 - 6 * i) & 63] : '=';
  }
  return digits;
}

std::string FromBase64(const std::string& digits) {
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char digit : digits) {
    if (digit == '=') break;
    const auto value = kDigits.find(digit);
    if (value == std::string::npos) throw std::runtime_error("no base64");
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) bytes += static_cast<char>(group >> (bits -= 8) & 255);
  }
  return bytes;
}

}  // namespace

int main(int count, char** words) {
  if (count != 4) return 2;
  std::ifstream image(words[2], std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(image), {}};

  httplib::Client client(words[1]);
  client.set_read_timeout(120);
  const nlohmann::json asked = {{"file", ToBase64(bytes)}, {"fileType", 1}};
  const auto answer = client.Post("/ocr", asked.dump(), "application/json");
  if (!answer || answer->status != 200) {
    std::cerr << (answer ? answer->body : "no answer") << '\n';
    return 1;
  }
  const auto result = nlohmann::json::parse(answer->body)["result"];
  int number = 0;
  for (const auto& page : result["ocrResults"]) {
    for (const auto& line : page["prunedResult"]["rec_texts"]) std::cout << line.get<std::string>() << '\n';
    const std::string picture = page["ocrImage"];  // throws where there is none
    std::ofstream file(std::string(words[3]) + "/page_" + std::to_string(number++) + ".jpg", std::ios::binary);
    file << FromBase64(picture);
  }
  return 0;
}
