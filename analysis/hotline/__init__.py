"""The small library of the compendium: what the notebooks and the pipeline share.

    paths        every folder and file, one line each
    codebook     the one description of the export and its variables
    records      raw export -> checked, labelled records (used by 01-clean alone)
    tally        the door: counts by named variables, for every later notebook
    stats/       methods that no well-kept library has, one file each
    text         numbers as printed text
    style        the look of figures
    exhibits     results, tables, figures and named values of one step
    params       params.yml, read and checked
    provenance   simulated or real, decided by the export's hash
    step         run one notebook safely
    render       the manuscript
"""
