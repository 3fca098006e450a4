#include <algorithm>

#include "observability/audit_head.h"
#include "observability/audit_line.h"
#include "observability/audit_log.h"
#include "observability/sha256.h"

namespace dbstow::observability {
namespace {

constexpr std::size_t kReadSize = 1 << 20;

std::string Record(std::uint64_t seq) { return "record " + std::to_string(seq); }

std::string Records(std::uint64_t first, std::uint64_t last) {
  if (first == last) return Record(first) + " is";
  return "records " + std::to_string(first) + " to " + std::to_string(last) + " are";
}

/// Follows the chain line by line.
class ChainChecker {
 public:
  ChainChecker(std::optional<AuditAnchor> head, std::optional<AuditAnchor> anchor)
      : head_(std::move(head)), anchor_(std::move(anchor)) {}

  void Line(std::string_view text) {
    ++line_;
    const auto record = ParseAuditLine(text);
    if (!record) {
      AddLeftover(text);
      return;
    }
    CheckLeftover(record->link);
    if (record->link.head_was_missing) {
      Problem("the head file was missing when " + Record(record->link.seq) +
              " was written: records cut off before it cannot be excluded");
    }
    CheckHashAndPlace(*record);
  }

  AuditReport Finish(std::string_view unfinished_line) {
    if (!unfinished_line.empty()) Line(unfinished_line);
    CheckEnd();
    CheckAnchor();
    if (last_.seq > 0) report_.newest = last_;
    return std::move(report_);
  }

 private:
  void Problem(std::string text) { report_.problems.push_back({line_, std::move(text)}); }
  void ProblemOutside(std::string text) { report_.problems.push_back({0, std::move(text)}); }

  void AddLeftover(std::string_view text) {
    if (leftover_) {
      leftover_->append("\n").append(text);
    } else {
      leftover_ = std::string(text);
      leftover_line_ = line_;
    }
  }

  void CheckLeftover(const AuditLink& next) {
    if (!leftover_) {
      if (!next.torn_before.empty()) {
        Problem("the torn line before " + Record(next.seq) + " was removed");
      }
      return;
    }
    if (next.torn_before == Sha256Hex(*leftover_)) {
      report_.notes.push_back("line " + std::to_string(leftover_line_) +
                              " was torn by a crash before it counted");
    } else {
      report_.problems.push_back(
          {leftover_line_, "no record: where " + Record(last_.seq + 1) +
                               " should be, something was edited or put in"});
      // Its place is taken, so that the one edit is not reported as a missing record as well.
      if (next.seq == last_.seq + 2) last_ = {next.seq - 1, next.prev_hash};
    }
    leftover_.reset();
  }

  void CheckHashAndPlace(const AuditLine& record) {
    const std::uint64_t seq = record.link.seq;
    if (!record.is_whole) {
      Problem(Record(seq) + " was edited: its hash is not that of its bytes");
    } else if (seq <= last_.seq) {
      Problem(Record(seq) + " is out of order: it stands behind " + Record(last_.seq));
      return;  // the chain goes on from the highest record
    } else if (seq > last_.seq + 1) {
      Problem(Records(last_.seq + 1, seq - 1) + " missing before " + Record(seq));
    } else if (record.link.prev_hash != last_.hash && last_is_whole_) {
      Problem(Record(seq) + " does not follow from the one before it: that one was replaced");
    } else {
      ++report_.records;
    }
    last_is_whole_ = record.is_whole;
    // What an edited record says of its place is worth nothing.
    last_ = {record.is_whole ? seq : last_.seq + 1, record.hash};
    CheckKept(head_, "the head file", record);
    CheckKept(anchor_, "the anchor", record);
  }

  void CheckKept(const std::optional<AuditAnchor>& kept, const std::string& what,
                 const AuditLine& record) {
    if (!kept || kept->seq != record.link.seq || kept->hash == record.hash) return;
    Problem(Record(kept->seq) + " is not the one that " + what + " names");
  }

  void CheckEnd() {
    const std::uint64_t head = head_ ? head_->seq : 0;
    if (head > last_.seq) {
      ProblemOutside(Records(last_.seq + 1, head) + " missing at the end");
    } else if (!head_ && last_.seq > 1) {
      ProblemOutside("the head file is missing: an end that was cut off could not be seen");
    } else if (head + 1 < last_.seq) {
      ProblemOutside("the head file is older than the log: it was put back");
    } else if (head < last_.seq) {
      report_.notes.emplace_back(
          "the writer of the last record died before it named it in the head");
    }
    if (!leftover_) return;
    if (head > last_.seq) {
      report_.problems.push_back({leftover_line_, "no whole record: the end was cut or edited"});
    } else {
      report_.notes.push_back("line " + std::to_string(leftover_line_) +
                              ", the last, was torn by a crash before it counted");
    }
  }

  void CheckAnchor() {
    if (!anchor_ || anchor_->seq <= last_.seq) return;
    ProblemOutside("the log ends before " + Record(anchor_->seq) + ", which the anchor names");
  }

  std::optional<AuditAnchor> head_;
  std::optional<AuditAnchor> anchor_;
  AuditReport report_;
  std::uint64_t line_ = 0;
  AuditAnchor last_{0, GenesisHash()};
  bool last_is_whole_ = true;
  std::optional<std::string> leftover_;
  std::uint64_t leftover_line_ = 0;
};

/// Gives the checker every line; what is behind the last newline is returned.
Result<std::string> FeedLines(const std::string& path, SharedFiles& files, ChainChecker& checker) {
  std::string text;
  for (std::uint64_t offset = 0;;) {
    DBSTOW_ASSIGN(const std::string piece, files.Read(path, offset, kReadSize));
    offset += piece.size();
    text += piece;
    std::size_t start = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos;
         end = text.find('\n', start)) {
      checker.Line(std::string_view(text).substr(start, end - start));
      start = end + 1;
    }
    text.erase(0, start);
    if (piece.size() < kReadSize) return text;
  }
}

Result<void> MustExist(const std::string& path, SharedFiles& files) {
  auto log = files.Size(path);
  if (log || log.error().code() != ErrorCode::kNotFound) return {};
  if (files.Size(AuditHeadPath(path))) return {};
  return std::move(log).error().WithHint(
      "no operation was recorded there yet, or the path is wrong");
}

/// Nothing is there, not even the head file, but it is known that there were records.
AuditReport Gone(const std::string& path, const AuditAnchor& anchor) {
  AuditReport report;
  report.problems.push_back({0, "nothing is at " + path + ": " + Records(1, anchor.seq) +
                                    " missing, the last of which the anchor names"});
  return report;
}

/// Whether somebody else has the lock.
bool IsTaken(ErrorCode code) {
  return code == ErrorCode::kConflict || code == ErrorCode::kTimeout ||
         code == ErrorCode::kCancelled;
}

}  // namespace

Result<AuditReport> VerifyAuditLog(const std::string& path, SharedFiles& files,
                                   const std::optional<AuditAnchor>& anchor, Deadline deadline,
                                   const std::stop_token& stop) {
  // Checked before locking, which would leave a lock file where there never was a log.
  if (auto there = MustExist(path, files); !there) {
    if (!anchor || anchor->seq == 0 || there.error().code() != ErrorCode::kNotFound)
      return there.error();
    return Gone(path, *anchor);
  }
  // An auditor may have the right to read only. A record that is written meanwhile then shows as a
  // torn end, which is a note.
  const auto alone = files.Lock(path, deadline, stop);
  if (!alone && IsTaken(alone.error().code())) return alone.error();
  DBSTOW_ASSIGN(std::optional<AuditAnchor> head, ReadAuditHead(path, files));
  ChainChecker checker(std::move(head), anchor);
  auto rest = FeedLines(path, files, checker);
  if (rest) return checker.Finish(*rest);
  // A log that is gone while its head is there was removed; that is a finding, not a failure.
  if (rest.error().code() == ErrorCode::kNotFound) return checker.Finish("");
  return std::move(rest).error();
}

}  // namespace dbstow::observability
