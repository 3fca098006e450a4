#pragma once

#include <string>
#include <string_view>

namespace dbstow::doubles::sqlserver {

/// UTF-16LE bytes of UTF-8 text; what is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string ToUtf16(std::string_view utf8);
/// The reverse; lone surrogates become U+FFFD, an odd last byte is dropped.
[[nodiscard]] std::string FromUtf16(std::string_view bytes);
/// How many UTF-16 units the text has: what LEN, nvarchar(n) and sysname count.
[[nodiscard]] std::size_t Utf16Length(std::string_view utf8);
/// The first `units` UTF-16 units, never half a character.
[[nodiscard]] std::string Utf16Prefix(std::string_view utf8, std::size_t units);

[[nodiscard]] std::string ToUpper(std::string_view text);
[[nodiscard]] std::string ToLower(std::string_view text);
/// As the server's default collation compares identifiers: without case (ASCII).
[[nodiscard]] bool SameName(std::string_view a, std::string_view b);

struct NameLess {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

/// "6F9619FF-8B86-D011-B42D-00C04FC964FF" to and from the 16 bytes on the wire.
[[nodiscard]] std::string GuidToWire(std::string_view guid);
[[nodiscard]] std::string GuidFromWire(std::string_view bytes);
/// True for the 36-character form, with or without braces around it.
[[nodiscard]] bool IsGuid(std::string_view text);
[[nodiscard]] std::string HexUpper(std::string_view bytes);
/// `digits` are hexadecimal; of an odd number the first stands for a byte.
[[nodiscard]] std::string BytesOfHex(std::string digits);

[[nodiscard]] std::string ReplaceAll(std::string text, const std::string& from,
                                     const std::string& to);

}  // namespace dbstow::doubles::sqlserver
