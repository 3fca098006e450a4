#include "doubles/sqlserver/value/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

namespace dbstow::doubles::sqlserver {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// Decodes one character of `text` and removes it.
char32_t TakeCharacter(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 && first < 0xF5 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0;
  if (more == 0 || first >= 0xF5) return kReplacement;
  char32_t code = first & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if (text.empty() || (static_cast<unsigned char>(text.front()) & 0xC0) != 0x80) {
      return kReplacement;
    }
    code = code << 6 | (static_cast<unsigned char>(text.front()) & 0x3F);
    text.remove_prefix(1);
  }
  const bool overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return overlong || surrogate || code > 0x10FFFF ? kReplacement : code;
}

void AppendUnit(std::string& out, char32_t unit) {
  out += static_cast<char>(unit & 0xFF);
  out += static_cast<char>(unit >> 8 & 0xFF);
}

void AppendUtf8(std::string& out, char32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

char32_t UnitAt(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]) |
         static_cast<char32_t>(static_cast<unsigned char>(bytes[i + 1])) << 8;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The first three groups of a GUID are little-endian on the wire.
constexpr std::array<std::size_t, 16> kGuidOrder{3, 2, 1,  0,  5,  4,  7,  6,
                                                 8, 9, 10, 11, 12, 13, 14, 15};

}  // namespace

std::string ToUtf16(std::string_view utf8) {
  std::string out;
  out.reserve(utf8.size() * 2);
  while (!utf8.empty()) {
    const char32_t code = TakeCharacter(utf8);
    if (code < 0x10000) {
      AppendUnit(out, code);
    } else {
      AppendUnit(out, 0xD800 + ((code - 0x10000) >> 10));
      AppendUnit(out, 0xDC00 + ((code - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::string FromUtf16(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    char32_t code = UnitAt(bytes, i);
    if (code >= 0xD800 && code < 0xDC00 && i + 3 < bytes.size()) {
      const char32_t low = UnitAt(bytes, i + 2);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        i += 2;
      }
    }
    AppendUtf8(out, code >= 0xD800 && code < 0xE000 ? kReplacement : code);
  }
  return out;
}

std::size_t Utf16Length(std::string_view utf8) { return ToUtf16(utf8).size() / 2; }

std::string Utf16Prefix(std::string_view utf8, std::size_t units) {
  std::size_t used = 0;
  std::string_view rest = utf8;
  while (!rest.empty()) {
    std::string_view next = rest;
    used += TakeCharacter(next) >= 0x10000 ? 2 : 1;
    if (used > units) break;
    rest = next;
  }
  return std::string(utf8.substr(0, utf8.size() - rest.size()));
}

std::string ToUpper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ToLower(a) == ToLower(b);
}

bool NameLess::operator()(std::string_view a, std::string_view b) const {
  return ToLower(a) < ToLower(b);
}

std::string GuidToWire(std::string_view guid) {
  std::string plain;
  for (const char c : guid) {
    if (HexDigit(c) >= 0) plain += c;
  }
  plain.resize(32, '0');
  std::string bytes(16, '\0');
  for (std::size_t i = 0; i < 16; ++i) {
    const std::size_t at = kGuidOrder[i] * 2;
    bytes[i] = static_cast<char>(HexDigit(plain[at]) << 4 | HexDigit(plain[at + 1]));
  }
  return bytes;
}

std::string GuidFromWire(std::string_view bytes) {
  std::string ordered(16, '\0');
  for (std::size_t i = 0; i < 16 && i < bytes.size(); ++i) ordered[kGuidOrder[i]] = bytes[i];
  std::string text = HexUpper(ordered);
  for (const std::size_t at : {8, 13, 18, 23}) text.insert(at, "-");
  return text;
}

bool IsGuid(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : HexDigit(text[i]) < 0) return false;
  }
  return true;
}

std::string HexUpper(std::string_view bytes) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    text += kHex[static_cast<unsigned char>(c) >> 4];
    text += kHex[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string BytesOfHex(std::string digits) {
  if (digits.size() % 2 != 0) digits.insert(0, "0");
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string ReplaceAll(std::string text, const std::string& from, const std::string& to) {
  if (from.empty()) return text;
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace dbstow::doubles::sqlserver
