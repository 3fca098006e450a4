#include "doubles/sqlserver/media/backup_set.h"

namespace dbstow::doubles::sqlserver {

std::string TypeLetter(BackupType type) {
  switch (type) {
    case BackupType::kLog: return "L";
    case BackupType::kFiles: return "F";
    case BackupType::kDifferential: return "I";
    case BackupType::kFilesDifferential: return "G";
    case BackupType::kPartial: return "P";
    case BackupType::kPartialDifferential: return "Q";
    case BackupType::kDatabase: break;
  }
  return "D";
}

std::string TypeDescription(BackupType type) {
  switch (type) {
    case BackupType::kLog: return "Transaction Log";
    case BackupType::kFiles: return "File or Filegroup";
    case BackupType::kDifferential: return "Database Differential";
    case BackupType::kFilesDifferential: return "File Differential";
    case BackupType::kPartial: return "Partial";
    case BackupType::kPartialDifferential: return "Partial Differential";
    case BackupType::kDatabase: break;
  }
  return "Database";
}

std::set<int> BackupSet::PresentFiles() const {
  std::set<int> present;
  for (const BackupFile& file : files) {
    if (file.present && !file.file.log) present.insert(file.file.id);
  }
  return present;
}

}  // namespace dbstow::doubles::sqlserver
