#include "observability/audit_log.h"

#include <algorithm>
#include <mutex>

#include "observability/audit_head.h"
#include "observability/audit_line.h"
#include "observability/sha256.h"

namespace dbstow::observability {
namespace {

constexpr std::uint64_t kFirstLook = 64 * 1024;

/// The end of a log: its last whole record, and what a crash left behind it.
struct LogEnd {
  std::optional<AuditLine> last;
  std::string leftover;  ///< all bytes behind the last whole record
  bool ends_inside_line = false;
};

/// Whether the first line of a piece of text is whole, or the end of one.
enum class TextStart { kAtLine, kInsideLine };

// Line by line from the end. A last line that has all of a record but its newline is one: the crash
// came between the two.
LogEnd FindLast(std::string_view text, TextStart start) {
  LogEnd end{
      .last = {}, .leftover = "", .ends_inside_line = !text.empty() && !text.ends_with('\n')};
  std::size_t line_end = end.ends_inside_line || text.empty() ? text.size() : text.size() - 1;
  while (!text.empty()) {
    const std::size_t newline =
        line_end == 0 ? std::string_view::npos : text.rfind('\n', line_end - 1);
    if (newline == std::string_view::npos && start == TextStart::kInsideLine) break;
    const std::size_t first = newline == std::string_view::npos ? 0 : newline + 1;
    auto line = ParseAuditLine(text.substr(first, line_end - first));
    if (line && line->is_whole) {
      end.last = std::move(line);
      end.leftover = text.substr(std::min(line_end + 1, text.size()));
      return end;
    }
    if (newline == std::string_view::npos) break;
    line_end = newline;
  }
  end.leftover = text;
  return end;
}

// Every line begins as a first record does, as far as it goes.
bool LooksLikeTornStart(std::string_view text) {
  constexpr std::string_view kStart = "{\"seq\":1,";
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.substr(0, kStart.size()) != kStart.substr(0, line.size())) return false;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return true;
}

class AuditLog final : public AuditLogger {
 public:
  AuditLog(std::string path, SharedFiles& files, Clock& clock)
      : path_(std::move(path)), files_(files), clock_(clock) {}

  Result<void> Record(const AuditRecord& record, Deadline deadline, std::stop_token stop) override {
    DBSTOW_ASSIGN(const std::unique_ptr<FileLock> alone,
                  files_.Lock(path_, deadline, std::move(stop)));
    DBSTOW_ASSIGN(const LogEnd end, ReadEnd());
    DBSTOW_ASSIGN(std::optional<AuditAnchor> head, ReadAuditHead(path_, files_));
    DBSTOW_TRY(CatchUpHead(end, head));
    DBSTOW_ASSIGN(const AuditLink link, NextLink(end, head));
    const std::string line = FormatAuditLine(record, link, clock_.Now());
    DBSTOW_TRY(files_.Append(path_, (end.ends_inside_line ? "\n" : "") + line));
    const auto written = ParseAuditLine(std::string_view(line).substr(0, line.size() - 1));
    if (!written) return Error(ErrorCode::kInternal, "an audit record was written malformed");
    return WriteAuditHead(path_, files_, written->anchor());
  }

 private:
  // Reads backwards in growing pieces; one piece is enough unless records are huge or the end is
  // damaged.
  Result<LogEnd> ReadEnd() {
    auto size = files_.Size(path_);
    if (!size) {
      if (size.error().code() == ErrorCode::kNotFound) return LogEnd{};
      return std::move(size).error();
    }
    for (std::uint64_t look = kFirstLook;; look *= 4) {
      const std::uint64_t length = std::min(look, *size);
      DBSTOW_ASSIGN(const std::string text, files_.Read(path_, *size - length, length));
      LogEnd end = FindLast(text, length == *size ? TextStart::kAtLine : TextStart::kInsideLine);
      if (end.last || length == *size) return end;
    }
  }

  // A writer that died between its record and the head left the head one behind. It is put right
  // before anything is added, so that it never falls further behind.
  Result<void> CatchUpHead(const LogEnd& end, std::optional<AuditAnchor>& head) {
    if (!end.last) return {};
    const AuditLink& last = end.last->link;
    const bool first = last.seq == 1 && !head;
    const bool one_behind = head && last.seq == head->seq + 1 && last.prev_hash == head->hash;
    if (!first && !one_behind) return {};
    head = end.last->anchor();
    return WriteAuditHead(path_, files_, *head);
  }

  // Continues from whichever of log and head is further: when records were cut off, the gap stays
  // visible for ever instead of being papered over by the next record.
  Result<AuditLink> NextLink(const LogEnd& end, const std::optional<AuditAnchor>& head) const {
    if (head && (!end.last || head->seq >= end.last->link.seq)) {
      const bool nothing_lost = end.last && head->seq == end.last->link.seq;
      return AuditLink{head->seq + 1, head->hash, nothing_lost ? TornHash(end) : "", false};
    }
    if (end.last) {
      return AuditLink{end.last->link.seq + 1, end.last->hash, TornHash(end), !head};
    }
    // Nothing whole, and no head: an empty file, first records that were torn, or something else.
    if (LooksLikeTornStart(end.leftover)) return AuditLink{1, GenesisHash(), TornHash(end), false};
    return Error(ErrorCode::kCorrupt, path_ + " is not an audit log that can be continued")
        .WithHint("look at it with dbstow audit verify, then move it away; a new one is begun");
  }

  static std::string TornHash(const LogEnd& end) {
    std::string_view torn = end.leftover;
    if (torn.empty()) return "";
    if (torn.ends_with('\n')) torn.remove_suffix(1);
    return Sha256Hex(torn);
  }

  const std::string path_;
  SharedFiles& files_;
  Clock& clock_;
};

}  // namespace

std::unique_ptr<AuditLogger> CreateAuditLog(std::string path, SharedFiles& files, Clock& clock) {
  return std::make_unique<AuditLog>(std::move(path), files, clock);
}

}  // namespace dbstow::observability
